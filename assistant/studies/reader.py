"""A study as a row of an evidence table, read by rules from its document and the passages it is indexed as."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.drafts import Quote
from assistant.planning.terms import Term, content_of
from assistant.studies.arms import find_arms, find_intervention
from assistant.studies.effects import find_effects
from assistant.studies.outcomes import find_outcome_before, find_primary
from assistant.studies.participants import find_count, find_counted_people, find_people, find_plain_people
from indexes.lexical import tokens
from indexes.passage import Kind, Passage, Role
from ingestion.design import study_design
from ingestion.document import Document
from ingestion.sentences import sentence_spans

FIELDS = ("design", "population", "n", "intervention", "comparator", "outcome", "effect")
"""The columns of an evidence table, as `EvidenceRow` names them."""
SAME_OUTCOME = 0.5
"""The share of an outcome's content words that a sentence must hold for its effect to be that outcome's."""

_DESIGN = re.compile(
    r"\b(?:(?:randomi[sz]ed|multi-?cent(?:er|re)|double-blind(?:ed)?|single-blind(?:ed)?|open-label|"
    r"placebo-controlled|controlled|parallel-group|pragmatic|prospective|retrospective|crossover|cross-over|"
    r"population-based|nested|cluster|phase (?:[1-4]|I{1,3}|IV)|non-?inferiority|observational|longitudinal|factorial|,|and)[ ,]+){0,8}"
    r"(?:randomi[sz]ed (?:controlled |clinical )?trial|(?:controlled|clinical) trial|cohort study|"
    r"case-control study|cross-sectional (?:study|survey)|systematic review(?: and (?:network )?meta-analysis)"
    r"?|meta-analysis|"
    r"case series|pilot study|crossover (?:trial|study)|double-blind(?:ed)? (?:trial|study)|(?:prospective|retrospective|observational) study)\b",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:we|this|our|was|were|design|in an?|conducted|performed|study|trial)\b", re.IGNORECASE)
_NOT_OWN = re.compile(
    r"\b(?:previous|prior|earlier|other|recent|several|few|these|those|future|further|trials|studies)\b", re.IGNORECASE
)


_TAKEN_IN = re.compile(
    r"\b(?:randomi[sz]ed|randomly|enrol(?:l)?ed|recruited|eligible|participants were)\b", re.IGNORECASE
)
_OF_OTHERS = re.compile(
    r"\b(?:recent|previous|earlier|prior) (?:[\w-]+ ){0,2}(?:studies|trials|data|research|reports)"
    r"\b|\b(?:has|have) (?:been|not been|improved|shown)\b"
    r"|\b(?:is|are) (?:un)?(?:known|clear|common|frequent)\b|\bwere shown\b",
    re.IGNORECASE,
)
"""How a text speaks of what others found, or is known, and not of what it did itself."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a study; offsets count characters in its passage."""

    passage: Passage
    start: int
    end: int
    role: Role
    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its words."""
        return self.passage.text[self.start : self.end]

    def quote(self, span: tuple[int, int]) -> Quote:
        """The quote of a span of its words."""
        return Quote(self.passage, self.start + span[0], self.start + span[1])


@dataclass(frozen=True, slots=True)
class Read:
    """A value and the words it is read from; without a quote it is what the document's source says of it beside its text."""

    value: str
    quote: Quote | None = None


Row = dict[str, Read]
"""What could be read, by field (`FIELDS`); what could not has no key."""


def sentences_of(passages: Sequence[Passage]) -> Iterator[Sentence]:
    """The sentences of passages in their order, none across two parts."""
    for passage in passages:
        for part in passage.parts or (passage.part_at(0),):
            for start, end in sentence_spans(passage.text[part.start : part.end]):
                path = (*passage.section, part.heading) if part.heading else passage.section
                yield Sentence(passage, part.start + start, part.start + end, part.role, path)


def read_study(document: Document, passages: Sequence[Passage], terms: Sequence[Term] = ()) -> Row:
    """What a study says of itself, each value with the words it stands in. `terms` are those of a question: its effect is looked for first.

    Passages are those of the document, the abstract or the first of them enough; eligibility criteria and background are not read for facts.
    """
    sentences = list(sentences_of(passages))
    told = [one for one in sentences if one.role not in {Role.BACKGROUND, Role.ELIGIBILITY}] or sentences
    row: Row = {}
    _put(row, "design", _design(document, told))
    if document.kind is Kind.TRIAL:
        _registered(row, document, sentences)
    else:
        _put(row, "n", _first(_by_role(told, Role.METHOD, Role.RESULT, Role.SUMMARY), find_count))
        _put(row, "population", _people(told, sentences))
        _compared(row, told, sentences)
    _put(row, "outcome", _first(_by_role(told, Role.METHOD, Role.SUMMARY, Role.RESULT), find_primary))
    _found(row, told, terms)
    return row


def _put(row: Row, field: str, read: Read | None) -> None:
    if read is not None and field not in row:
        row[field] = read


def _first(sentences: Sequence[Sentence], find: Callable[[str], tuple[int, int] | None]) -> Read | None:
    for sentence in sentences:
        if span := find(sentence.text):
            return _read(sentence, span)
    return None


def _read(sentence: Sentence, span: tuple[int, int]) -> Read:
    quote = sentence.quote(span)
    return Read(quote.text, quote)


def _by_role(sentences: Sequence[Sentence], *roles: Role) -> list[Sentence]:
    """Those of the roles first, in that order; those of no known role next, the others last."""
    order = {role: place for place, role in enumerate((*roles, Role.BODY))}
    return sorted(sentences, key=lambda one: order.get(one.role, len(order)))


def _design(document: Document, told: Sequence[Sentence]) -> Read | None:
    """As the indexers or the title say, else as the text says of itself."""
    if document.kind is Kind.TRIAL:
        said = [str(document.attributes.get(name, "")).replace("_", " ").lower() for name in ("allocation", "masking")]
        kind = str(document.attributes.get("study_type", "")).replace("_", " ").lower()
        words = [*(word for word in said if word not in {"", "na", "none"}), kind]
        return Read(", ".join(filter(None, words))) if kind else None
    design, _ = study_design(document.publication_types, document.title)
    if design not in {"unknown", "comparative study", "clinical trial", "observational study", "review"}:
        return Read(design)
    for sentence in told:
        match = _DESIGN.search(sentence.text)
        if match and _OWN.search(sentence.text) and not _NOT_OWN.search(sentence.text):
            return _read(sentence, match.span())
    return None if design == "unknown" else Read(design)


def _people(told: Sequence[Sentence], sentences: Sequence[Sentence]) -> Read | None:
    """Where the people are counted or taken in, before where they are only spoken of."""
    first = _by_role(told, Role.METHOD, Role.SUMMARY, Role.RESULT)
    taken = [one for one in first if _TAKEN_IN.search(one.text) or find_count(one.text)]
    for one in taken:
        if read := _first([one], find_people) or _first([one], find_counted_people):
            return read
    aims = [one for one in sentences if one.role is Role.BACKGROUND or _aims(one.text)]
    for pool, find in ((aims, find_people), (first, find_people), (taken, find_plain_people)):
        if read := _first([one for one in pool if not _OF_OTHERS.search(one.text)], find):
            return read
    return None


def _compared(row: Row, told: Sequence[Sentence], sentences: Sequence[Sentence]) -> None:
    """Both arms from one sentence: what was given in one and compared in another may be different things."""
    aims = [one for one in sentences if one.role is Role.BACKGROUND and _aims(one.text)]
    for sentence in (*_by_role(told, Role.METHOD, Role.SUMMARY), *aims):
        if arms := find_arms(sentence.text):
            for field, span in (("intervention", arms.intervention), ("comparator", arms.comparator)):
                if span:
                    row[field] = _read(sentence, span)
            return
    own = [
        one
        for one in (*aims, *_by_role(told, Role.METHOD, Role.SUMMARY))
        if _aims(one.text) and not _OF_OTHERS.search(one.text)
    ]
    _put(row, "intervention", _first(own, find_intervention))


def _aims(text: str) -> bool:
    return (
        re.search(
            r"\b(?:to (?:compare|assess|evaluate|determine|examine|investigate|test|study|estimate)|aim|objective|whether|compar\w+)\b",
            text,
            re.IGNORECASE,
        )
        is not None
    )


def _registered(row: Row, document: Document, sentences: Sequence[Sentence]) -> None:
    """What a registry says in fields of its own; cited where the words stand in the text too."""
    attributes = document.attributes
    if isinstance(count := attributes.get("enrollment"), int) and count > 0:
        row["n"] = Read(f"{count:,}")
    if conditions := [str(one) for one in attributes.get("conditions", ())]:
        row["population"] = Read(", ".join(conditions[:3]))
    if names := [str(one) for one in attributes.get("interventions", ())]:
        against = [
            name
            for name in names
            if re.search(r"placebo|usual care|standard|control|sham|no treatment", name, re.IGNORECASE)
        ]
        given = [name for name in names if name not in against] or names[:1]
        row["intervention"] = Read(", ".join(given[:3]))
        if against and given != against:
            row["comparator"] = Read(", ".join(against[:2]))
    for outcome in attributes.get("primary_outcomes", ())[:1]:
        words = str(outcome.get("measure", "")).strip()
        if words:
            row["outcome"] = next(
                (_read(one, (0, len(one.text))) for one in sentences if one.text == words), Read(words)
            )


def _found(row: Row, told: Sequence[Sentence], terms: Sequence[Term]) -> None:
    """The effect: the one nearest to the question, with the outcome it is of. Where it is not of the primary outcome, the outcome is what its own
    sentence says, or nothing."""
    primary = row.get("outcome")
    candidates = []
    for place, sentence in enumerate(told):
        if sentence.role in {Role.METHOD, Role.RECOMMENDATION}:
            continue
        span = next(find_effects(sentence.text), None)
        if span is None:
            continue
        of_primary = primary is not None and _speaks_of(sentence.text, primary.value)
        asked = sum(term.occurs_in(content_of(sentence.text)) for term in terms)
        interval = bool(re.search(r"CI|CrI|confidence|credible", sentence.text[slice(*span)]))
        candidates.append(((-asked, not of_primary, not interval, place), sentence, span, of_primary))
    if not candidates:
        return
    _, sentence, span, of_primary = min(candidates, key=lambda one: one[0])
    row["effect"] = _read(sentence, span)
    if not of_primary:
        row.pop("outcome", None)
        if said := find_outcome_before(sentence.text, span[0]):
            row["outcome"] = _read(sentence, said)


def _speaks_of(sentence: str, outcome: str) -> bool:
    """Whether a sentence is about an outcome: it says so, or shares half of its content words."""
    if re.search(r"\bprimary (?:[\w-]+ ){0,2}(?:outcome|end ?point|end-point)", sentence, re.IGNORECASE):
        return True
    wanted = set(tokens(outcome))
    return bool(wanted) and len(wanted & set(tokens(sentence))) >= SAME_OUTCOME * len(wanted)
