"""The deterministic verifier as a judge: whether quotes support a claim, by the rule by which the product shows or withholds it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answer import Answer, Citation, Claim
from assistant.shelves import Shelf
from assistant.verification import verify
from assistant.verification.features import Embed
from assistant.verification.labelled import LabelledPair
from assistant.verification.labels import LABELS
from assistant.verification.neural import load_neural
from indexes.passage import Kind, Passage

Cited = tuple[Citation, Passage]
"""A citation and the passage it names, as the library has it."""


Supports = Callable[[str, Sequence[Cited]], bool]
"""Whether citations together carry a claim."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with what it cites, as the library has it."""

    text: str
    cited: Sequence[Cited]


class Verifier:
    """The rules, the calibrated model, and the trained verifier where there is one, as `assistant.checking` uses them."""

    def __init__(self, embed: Embed) -> None:
        neural = load_neural()
        self.name = f"rules, meaning and {neural.name}" if neural else "rules and meaning"
        self._embed = embed
        self._judge = neural.probabilities if neural else None

    def supports(self, claim: str, cited: Sequence[Cited]) -> bool:
        """Whether the citations together carry the claim."""
        return verify(claim, cited, embed=self._embed, judge=self._judge).supported


def trained_alone() -> Supports | None:
    """Support where the trained verifier finds it likeliest, whatever the rules say; `None` where there is no trained verifier.

    Quotes that do not stand where the citation says support nothing here either.
    """
    neural = load_neural()
    if neural is None:
        return None

    def supports(claim: str, cited: Sequence[Cited]) -> bool:
        if not cited or not all(map(is_verbatim, cited)):
            return False
        [row] = neural.probabilities([(claim, " ".join(citation.quote for citation, _ in cited))])
        return LABELS[int(row.argmax())] == "support"

    return supports


def sentences_of(answer: Answer | None, shelf: Shelf) -> list[Sentence]:
    """The sentences of an answer, none where there is no answer."""
    return [Sentence(claim.text, cited_by(claim, shelf)) for claim in (answer.claims if answer else ())]


def cited_by(claim: Claim, shelf: Shelf) -> list[Cited]:
    """What a claim cites, read again from the shelf. A passage that is gone has no words: nothing stands in it, and it supports nothing."""
    return [
        (citation, shelf.passage(citation.passage_id) or _gone(citation.passage_id, citation.document_id))
        for citation in claim.citations
    ]


def _gone(passage_id: str, document_id: str) -> Passage:
    return Passage(passage_id, document_id, Kind.LITERATURE, text="", start=0, end=0, title="")


def is_verbatim(cited: Cited) -> bool:
    """Whether the passage has the quote where the citation says."""
    citation, passage = cited
    return passage.text[citation.start : citation.end] == citation.quote


def whole(passage: Passage) -> Cited:
    """A citation of all of a passage."""
    return Citation(
        passage_id=passage.passage_id, document_id=passage.document_id, quote=passage.text, start=0,
        end=len(passage.text), support=0.0,
    ), passage  # fmt: skip


def evidence_of(pair: LabelledPair) -> Cited:
    """The evidence of a labelled pair as if it were a passage that is cited whole."""
    return whole(
        Passage(
            passage_id=f"{pair.source}#{pair.id}", document_id=pair.document_id or pair.source, kind=Kind.LITERATURE,
            text=pair.evidence, start=0, end=len(pair.evidence), title=pair.title,
        )
    )  # fmt: skip
