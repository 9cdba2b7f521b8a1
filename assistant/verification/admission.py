"""Who may take part in a trial: a criterion of exclusion is no criterion of inclusion, though both are the same words.

A registry's criterion says only whom it is about ("Pregnancy"); the list that it stands in says whether they are let in. A claim says both ("pregnant
women cannot take part"). So the two are compared in two steps: does the claim let in whom the list lets in, which is judged here, and is it about
the same people, which the other checks judge by what is left of the claim (`compared`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.registry.figures import bound_pattern, test_of
from assistant.verification.wordlists import alternation, phrases, sections
from assistant.verification.words import negations, stems

_CLAUSES = re.compile(r"[;.]\s+|,?\s+\b(?:but|while|whereas|however|and)\b\s+|,\s+", re.IGNORECASE)
_THERE = re.compile(  # "for the trial", "to take part in this study", "for participation"
    r"^[\s,]*(?:(?:for|from|in|into|to)\s+)(?:(?:be\s+)?(?:take part|participate|participation|inclusion|included|entry|enter|enrol\w*|join)\b"
    r"(?:\s+(?:for|from|in|into|to)\b)?\s*)?(?:(?:the|this|that|both|either|a)\s+(?:\w+\s+)?(?:trials?|stud(?:y|ies))\b)?",
    re.IGNORECASE,
)
_TRIAL = re.compile(
    r"\b(?:(?:of|for|in|from|to)\s+)?(?:the|this|that|a)?\s*(?:clinical )?(?:trial|study)(?:['’]s)?\b|\bNCT\d{8}\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(  # whom every criterion is about, and so none says
    r"^(?:(?:the|all|any|some)\s+)?(?:patients?|persons?|people|participants?|subjects?|individuals?|candidates?|volunteers?|those|anyone|they)\b"
    r"(?:\s+(?:(?:who\s+|they\s+|(?:if|when|where)\s+they\s+)?(?:must\s+|may\s+|can\s+)?(?:with|have|has|had|are|is|were|be|having|on|taking|receiving|need|needs)(?:\s+had)?)"
    r"(?=\s)(?!\s+(?:no|not|never)\b)\s*|\s*$)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\d/])")
_SAME = 0.5  # of the words of a clause that a criterion has where the clause is about it
_SAID = {"lt": "less than", "le": "at most", "gt": "more than", "ge": "at least"}
_COMPLEMENTS = frozenset({("lt", "ge"), ("ge", "lt"), ("le", "gt"), ("gt", "le")})


@dataclass(frozen=True, slots=True)
class Statement:
    """Whom something is about, and whether they may take part."""

    who: str
    admits: bool

    def turned(self, other: Statement) -> Statement | None:
        """The same said the other way round, as the other says it: who has no hepatitis is let in where who has it is kept out, and who is under 18
        is kept out where 18 years or more are asked for. `None` where that cannot be told."""
        denied = _leading().match(self.who)
        if denied and len(negations(self.who)) <= 1:
            kept = denied["before"] + ("with " if denied["not"].lower() == "without" else "")
            bare = f"{kept}{self.who[denied.end() :]}".strip()
            return None if _leading().match(other.who) else Statement(bare, not self.admits)
        bound, their_bound = _bound(self.who), _bound(other.who)
        if not bound or not their_bound or negations(self.who) or (bound.test, their_bound.test) not in _COMPLEMENTS:
            return None
        words = f"{self.who[: bound.start]}{_SAID[their_bound.test]} {bound.figure}{self.who[bound.end :]}"
        return Statement(words, not self.admits) if bound.figure == their_bound.figure else None


@dataclass(frozen=True, slots=True)
class _Bound:
    """The only bounded figure of a text: how it is meant, in digits, and where it stands with its words."""

    test: str
    figure: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What the other checks compare, and what is found of who may take part."""

    claim: str
    evidence: Evidence
    finding: Finding = FINE
    about_admission: bool = False

    @property
    def repeats(self) -> bool:
        """Whether what is left of the claim is the criterion, word for word."""
        return self.about_admission and _letters(self.claim) == _letters(self.evidence.quote)


def compared(claim: str, evidence: Evidence) -> Compared:
    """Claim and evidence without what they say of taking part, where the evidence is criteria and the claim says it; else as they are."""
    if not evidence.criteria:
        return Compared(claim, evidence)
    said = list(statements(claim, " ".join(who for who, _ in evidence.criteria)))
    if not said:
        return Compared(claim, evidence, _untold(claim, evidence))
    if len(said) > 1 or len(evidence.criteria) > 1:
        return Compared(claim, evidence, _clash(said, evidence))
    (ours,), (there,) = said, evidence.criteria
    theirs = next(
        statements(there[0], purposes=False), Statement(*there)
    )  # some say it themselves, in whichever list they stand
    if (parts := _excepted().split(theirs.who, maxsplit=1)) and len(parts) > 1:
        if set(stems(ours.who)) & (set(stems(parts[1])) - set(stems(parts[0]))):
            return Compared(claim, evidence)  # about the exception, which may say anything
        theirs = replace(theirs, who=parts[0])
    if ours.admits != theirs.admits:
        if turned := ours.turned(theirs):
            ours = turned
        elif turned := theirs.turned(ours):
            theirs = turned
        else:
            return Compared(_whom(ours), _about(evidence, theirs), _fault(theirs), about_admission=True)
    return Compared(_whom(ours), _about(evidence, theirs), about_admission=True)


def keeps_out(text: str) -> bool:
    """Whether a text has a word for keeping people out of a trial."""
    return _out().search(text.lower()) is not None


def statements(claim: str, criterion: str = "", *, purposes: bool = True) -> Iterator[Statement]:
    """What a claim says of who may take part, clause by clause; an exception says the opposite of what it is one to.

    Words that stand in the criterion too ("willing to participate") say whom it is about; `purposes`: "must … to take part" lets in.
    """
    parts = _excepted().split(claim, maxsplit=1)
    found = list(_stated(parts[0], criterion, purposes))
    if found and len(parts) > 1:
        found += list(_stated(parts[1], criterion, purposes)) or [
            Statement(parts[1].strip(" ,."), not found[-1].admits)
        ]
    yield from (each for each in found if stems(_whom(each)))


def _marks(text: str, criterion: str, purposes: bool) -> list[re.Match[str]]:
    """The verdicts of a text; "to take part" is one where there is no other."""
    low, known = text.lower(), criterion.lower()
    for pattern in (_verdicts(), _purposes()) if purposes else (_verdicts(),):
        if marks := [mark for mark in pattern.finditer(low) if mark[0] not in known]:
            return marks
    return []


def _stated(text: str, criterion: str, purposes: bool) -> Iterator[Statement]:
    """The statements of a text; where it makes several, each of its clauses goes with its own verdict."""
    marks = _marks(text, criterion, purposes)
    if len({_admits(mark) for mark in marks}) == 1:
        yield Statement(_without(text, [mark.span() for mark in marks]), _admits(marks[0]))
        return
    pieces, at = [], 0
    for cut in _CLAUSES.finditer(text) if marks else ():
        pieces.append(text[at : cut.start()])
        at = cut.end()
    pieces.append(text[at:])
    held = ""
    for piece in pieces:
        held = f"{held}, {piece}" if held else piece
        if found := _marks(held, criterion, purposes):
            yield Statement(_without(held, [mark.span() for mark in found]), _admits(found[0]))
            held = ""


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text without its verdicts."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end + (there.end() if (there := _THERE.match(text[end:])) and there[0].split()[1:] else 0)
    kept.append(text[at:])
    return " ".join(" ".join(kept).split()).strip(" ,.:")


def _admits(mark: re.Match[str]) -> bool:
    return mark["out"] is None


def _clash(said: list[Statement], evidence: Evidence) -> Finding:
    """A fault where a clause lets in whom its criterion keeps out, or the other way round."""
    for ours in said:
        wanted = set(stems(ours.who))
        shares = [
            (len(wanted & set(stems(who))) / max(1, len(wanted)), who, admits) for who, admits in evidence.criteria
        ]
        share, who, admits = max(shares, key=lambda each: each[0])
        theirs = Statement(who, admits)
        if share >= _SAME and ours.admits != admits and not ours.turned(theirs) and not theirs.turned(ours):
            return _fault(theirs)
    return FINE


def _untold(claim: str, evidence: Evidence) -> Finding:
    """A fault where nothing but criteria of exclusion is cited, and the claim has no word of that: it may take those kept out for those studied."""
    alone = evidence.quote == " ".join(who for who, _ in evidence.criteria)
    said = {found[0] for found in _out().finditer(claim.lower())} - {
        found[0] for found in _out().finditer(evidence.quote.lower())
    }
    if alone and not said and not any(admits for _, admits in evidence.criteria):
        return Finding(0.0, "the source is a criterion of exclusion, and the claim does not say so", fault=True)
    return FINE


def _fault(theirs: Statement) -> Finding:
    which = "inclusion" if theirs.admits else "exclusion"
    return Finding(0.0, f"the source lists this as a criterion of {which}", fault=True, contradicts=True)


def _about(evidence: Evidence, theirs: Statement) -> Evidence:
    return replace(evidence, quote=_whom(theirs), criteria=())


def _whom(statement: Statement) -> str:
    return _PEOPLE.sub("", " ".join(_TRIAL.sub(" ", statement.who).split()))


def _letters(text: str) -> list[str]:
    return re.findall(r"\w+|[<>≤≥=+%]", text.lower())


def _words(section: str) -> str:
    return alternation(phrases(sections("admission.txt")[section]))


@lru_cache(maxsize=1)
def _verdicts() -> re.Pattern[str]:
    part, does = (
        _words("take part"),
        rf"(?:\b(?:the|this|that|both) )?(?:{_words('trial')})(?: (?:also|only|has|have|had))* ",
    )
    out = f"(?:{_words('may not')})(?: (?:{part}))|{_words('kept out')}|{_words('lists out')}|{does}(?:{_words('keeps out')})"
    let = f"(?:{_words('may')})(?: (?:{part}))|{_words('admitted')}|{_words('lists in')}|{does}(?:{_words('admits')})"
    return re.compile(f"(?P<out>{out})|(?P<let>{let})")


@lru_cache(maxsize=1)
def _purposes() -> re.Pattern[str]:
    what = rf"{_words('take part')}|participation|inclusion|entry|enrolment|enrollment"
    return re.compile(rf"(?P<out>(?!))|(?P<let>(?:(?:in order )?to|for) (?:{what})(?= |[,.]|$))")


@lru_cache(maxsize=1)
def _out() -> re.Pattern[str]:
    return re.compile(f"{_words('out')}|{_words('kept out')}|{_words('keeps out')}|{_words('may not')}")


@lru_cache(maxsize=1)
def _excepted() -> re.Pattern[str]:
    return re.compile(rf",?\s*(?:{_words('exception')})[\s,]+", re.IGNORECASE)


@lru_cache(maxsize=1)
def _leading() -> re.Pattern[str]:
    """A denial with which people are described, at the beginning."""
    people = rf"(?:\w+\s+){{0,2}}?(?:{_words('people')})\s+"
    return re.compile(
        rf"\s*(?P<before>(?:{people})?(?:(?:{_words('between')})\s+)*)(?P<not>{_words('not')})[\s-]+", re.IGNORECASE
    )


def _bound(text: str) -> _Bound | None:
    """The bounded figure of a text that has one figure."""
    if len(_FIGURE.findall(text)) != 1:
        return None
    low = text.lower()
    if before := _before().search(low):
        return _Bound(test_of(before), before["figure"], *before.span())
    if after := _after().search(low):
        return _Bound("ge" if after["more"] else "le", after["figure"], *after.span())
    return None


@lru_cache(maxsize=1)
def _before() -> re.Pattern[str]:
    return bound_pattern(r"(?P<figure>\d+(?:\.\d+)?)")


@lru_cache(maxsize=1)
def _after() -> re.Pattern[str]:
    told = sections("comparators.txt")
    more, less = (alternation(phrases(told[f"{test} after"])) for test in ("ge", "le"))
    return re.compile(
        rf"(?P<figure>\d+(?:\.\d+)?)(?:\s*[a-z%/0-9^]+)??(?:\s+of age)?\s+(?:(?P<more>{more})|(?P<less>{less}))"
    )
