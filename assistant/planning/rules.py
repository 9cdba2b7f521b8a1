"""The rule planner: what a question names, what kind of answer it wants and where to look, without an LLM."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.planning.ages import asked_age
from assistant.planning.asking import Asks, asks
from assistant.planning.aspects import aspects_asked
from assistant.planning.places import Country, country_asked
from assistant.planning.terms import Term, key_terms
from assistant.planning.vocabulary import TermKind
from indexes.filters import Filters
from indexes.passage import Kind


class Wanted(StrEnum):
    """The kind of fact that an answer must hold."""

    DOSE = "a dose"
    DURATION = "a duration"
    FREQUENCY = "how often"
    AGE = "an age"
    FIGURE = "a figure"
    PERCENTAGE = "a percentage"
    GRADE = "a grade"
    DATE = "a date"
    HARM = "a harm"


_WANTED: dict[Wanted, re.Pattern[str]] = {
    wanted: re.compile(pattern, re.IGNORECASE)
    for wanted, pattern in (
        (
            Wanted.DOSE,
            # not "on a high dose", "dose-adjusted": those speak of a dose and do not ask for one
            r"^(?!.*\b(?:doubl\w+|lower|higher|high|low|same)[ -](?:\w+ )?dos).*\bdos(?:e|es|age|ages|ing)\b(?![- ]?(?:adjust|reduc|escalat|depend))"
            r"|\b(titrat\w+|how (?:much|many) (?:mg|mcg|g|grams?|units|puffs|tablets|drops|ml|millilit(?:er|re)s?|lit(?:er|re)s?))\b"
            r"|\b(?:what|which) (?:volume|amount) of\b",
        ),
        (
            Wanted.DURATION,
            r"\b(how long (?:should|do|does|to|is|must)|duration|for how (?:long|many)|how many (?:days|weeks|months|years))\b",
        ),
        (
            Wanted.FREQUENCY,
            r"\b(how (?:often|frequently)|(?<!QT )(?<!QTc )(?<!PR )(?<!confidence )(?<!birth )intervals?)\b",
        ),
        (Wanted.AGE, r"\b((?:at )?(?:what|which) age|between which ages|age limits?)\b"),
        (
            Wanted.FIGURE,
            # "who has a higher prevalence" asks for people
            r"\b(how (?:common|many|likely)|(?<!higher )(?<!highest )(?<!lower )(?<!lowest )(?<!greater )(?:incidence|prevalence)|nnt"
            r"|number needed to treat|(?:target|goal|threshold|cut[- ]?off)s?)\b",
        ),
        (Wanted.PERCENTAGE, r"\b(?:what|which) (?:percentage|percent|proportion|fraction)\b|\bpercentages? of\b"),
        (
            Wanted.GRADE,
            r"\b(?:what|which) grade (?:is|are|was|does|did|do|has|for)\b|\bgrade (?:of|for) (?:\w+ ){0,4}recommendation"
            r"|\b(?:what|which) (?:grade|(?:class|strength) of (?:the )?recommendation)\b",
        ),
        (
            Wanted.DATE,
            r"\b(?:publication|release) date\b|\bdate of (?:\w+ ){0,5}(?:statement|recommendation|guideline|report)\b"
            r"|\bwhen (?:was|were|did) .{1,200}?\b(?:published|issued|released|reviewed?|updated?|reaffirmed)\b",
        ),
        (
            Wanted.HARM,
            # of no named kind: "sexual side effects" asks for those, and "number needed to harm" for a figure
            r"(?<!sexual )\bside[- ]effects?\b|\badverse (?:drug )?(?:effects?|events?|reactions?)\b|\bharms\b"
            r"|\b(?:what|which) (?:are the )?(?:risks?|dangers?) of\b",
        ),
    )
}
_ANY_HARM = re.compile(r"^(?:side[- ]effects?|adverse .*|harms?|risks?|dangers?)$", re.IGNORECASE)
_TRIALS = re.compile(
    r"\b(recruit\w*|enrol\w*|clinical trials?|registered|registrations?|trials?(?! of (?:labou?r|void\w*|scar|wean\w*|therapy|treatment))|nct\d+)\b",
    re.IGNORECASE,
)
_ELIGIBILITY = re.compile(
    r"\b(eligib\w+|ineligib\w+|inclu(?:sion|ded in)|exclu\w+"
    r"|(?:who|can|could|may|to) (?:[\w-]+ ){0,6}?(?:join|enter|take part|participate|be enrolled|be included|enrol)"
    r"|qualif\w+|(?:kept|keep|keeps) out|barred|(?:entry|selection) criteria|age limits?)\b",
    re.IGNORECASE,
)
_STUDIES = re.compile(r"\bstud(?:y|ies)\b", re.IGNORECASE)
_CRITERIA = re.compile(
    r"(?:in|ex)clusion|(?:in)?eligib\w+|criteri(?:a|on)|qualif\w+|participants?|volunteers?|kept|keeps?|barred",
    re.IGNORECASE,
)
_GUIDANCE = re.compile(
    r"\b(should|recommend\w*|guidelines?|advis\w+|when (?:do|to|should)|how often|first[- ]line|screen\w*)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since|after|from)\s+((?:19|20)\d\d)\b(?!\s*(?:to|-|–|m?c?g|µg|ml|iu|units?)\b)", re.IGNORECASE
)
_ELDERLY = re.compile(r"\b(elderly|older (?:adults?|people|patients?|persons?)|geriatric|in old age)\b", re.IGNORECASE)
ELDERLY = (
    70  # years: the age that stands for "older people", who must not be answered for by a sentence on ages 12 to 17
)
_TOPIC_TOO = re.compile(r"suicid|self-harm|overdos|poison", re.IGNORECASE)  # harms that are asked about by themselves
SOMEONE = re.compile(r"(?:wo)?m[ae]n|(?:fe)?males?|boys?|girls?", re.IGNORECASE)
"""A patient, by sex alone, whom what is said of all is for; what is said of the other sex is not."""
_ADVISED = frozenset({Wanted.DOSE, Wanted.FREQUENCY, Wanted.DURATION, Wanted.AGE})
"""Facts that guidelines give."""
_NO_MATTERS = frozenset({TermKind.DRUG, TermKind.POPULATION})
_TOPICS = frozenset({TermKind.DRUG, TermKind.CONDITION, TermKind.INTERVENTION, TermKind.OTHER})


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question will be answered. `quotas` is how many passages of each kind are looked at; `age` is the patient's, in years;
    `absent` are conditions that the question says the patient does not have; `asks` is how it asks (`asking.py`), `aspects` what of a matter it asks
    for (`aspects.py`), and `matters` are the terms that it is about: no drugs or people, and no words that only say what is asked; `country` is
    whose guidance is asked for (`places.py`), and no term."""

    question: str
    terms: tuple[Term, ...]
    quotas: dict[Kind, int]
    filters: Filters
    wanted: frozenset[Wanted] = frozenset()
    age: float | None = None
    absent: tuple[Term, ...] = ()
    wants_trials: bool = False
    wants_eligibility: bool = False
    wants_guidance: bool = False
    asks: frozenset[Asks] = frozenset()
    aspects: frozenset[str] = frozenset()
    matters: tuple[Term, ...] = ()
    country: Country | None = None

    def of_kind(self, *kinds: TermKind) -> tuple[Term, ...]:
        """The key terms of those kinds."""
        return tuple(term for term in self.terms if term.kind in kinds)

    @property
    def sections(self) -> frozenset[str]:
        """The aspects whose sections answer. Who asks for a drug or a dose asks for the treatment, and a treatment comes with its
        cautions, among which contraindications stand."""
        asked = self.aspects
        if not asked and (self.of_kind(TermKind.DRUG) or Wanted.DOSE in self.wanted):
            asked = frozenset({"treatment"})
        return asked | {"cautions"} if asked & {"treatment", "contraindications"} else asked

    @property
    def is_a_name(self) -> bool:
        """Whether the question is a name and no more ("amlodipine?"): whatever is said of it answers."""
        return [term.text.lower() for term in self.terms] == [self.question.strip(" ?.!").lower()]

    @property
    def has_topic(self) -> bool:
        """Whether the question names something to look up: "and the side effects?" alone does not."""
        return any(term.kind in _TOPICS or _TOPIC_TOO.match(term.text) for term in self.terms)


def plan(question: str, filters: Filters | None = None) -> Plan:
    """A plan for a screened question. Filters given by the caller win over a year named in the question."""
    filters = filters or Filters()
    since = _SINCE.search(question)
    if since and filters.year_from is None:
        filters = replace(filters, year_from=int(since.group(1)))
    wanted = frozenset(kind for kind, pattern in _WANTED.items() if pattern.search(question))
    how, aspects = asks(question), aspects_asked(question)
    if "goals" in aspects:  # those of a treatment need no figure
        wanted -= {Wanted.FIGURE}
    for_advice = bool(how & {Asks.GUIDANCE, Asks.NOTE} or (Asks.YES_NO not in how and (aspects or wanted & _ADVISED)))
    country, named = country_asked(question, for_advice=for_advice) or (None, question)
    terms = key_terms(named)
    if Wanted.HARM in wanted:  # a sentence that names a harm need not call it one
        terms = tuple(term for term in terms if not _ANY_HARM.search(term.text))
    if Wanted.GRADE in wanted:  # nor one that bears a grade
        terms = tuple(term for term in terms if term.text.lower() not in ("grade", "class"))
    absent = tuple(
        term for term in terms if term.kind in (TermKind.CONDITION, TermKind.POPULATION) and _is_denied(question, term)
    )
    wants_eligibility = bool(_ELIGIBILITY.search(question))
    wants_trials = bool(_TRIALS.search(question)) or (wants_eligibility and _STUDIES.search(question) is not None)
    if wants_trials and wants_eligibility:  # a criterion need not call itself one
        terms = tuple(term for term in terms if not _CRITERIA.fullmatch(term.text))
    quotas = {Kind.GUIDELINE: 12, Kind.LITERATURE: 12, Kind.TRIAL: 12 if wants_trials else 3}
    if filters.kinds:
        quotas = {kind: quota for kind, quota in quotas.items() if kind in filters.kinds}
    age = asked_age(question)
    if age is None and _ELDERLY.search(question):
        age = ELDERLY
    terms = tuple(
        term for term in terms if term not in absent and not (age is not None and SOMEONE.fullmatch(term.text))
    )
    return Plan(
        question,
        terms,
        quotas,
        filters,
        wanted=wanted,
        age=age,
        absent=absent,
        wants_trials=wants_trials,
        wants_eligibility=wants_eligibility,
        wants_guidance=bool(_GUIDANCE.search(question)),
        asks=how,
        aspects=aspects,
        matters=tuple(
            term
            for term in terms
            if term.kind not in _NO_MATTERS and not aspects_asked(term.text) and not SOMEONE.fullmatch(term.text)
        ),
        country=country,
    )


def _is_denied(question: str, term: Term) -> bool:
    """Whether the question says "without" or "no" just before the term; of people, "not" or "non-"."""
    denial = r"(?:not|non)[\s-]+" if term.kind is TermKind.POPULATION else r"(?:no|without|not having|absence of)\s+"
    return re.search(rf"\b{denial}{re.escape(term.text)}", question, re.IGNORECASE) is not None
