"""From a draft to a claim: every quote is read again where it stands, and the claim is checked against it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assistant.answer import Claim
from assistant.appraisal import usable
from assistant.composing.criteria import place_of_criterion
from assistant.composing.leaning import context_of
from assistant.composing.lists import place_of
from assistant.composing.posted import is_table, place_of_row
from assistant.drafts import Checked, Draft, Failed
from assistant.evidence import RecommendationView
from assistant.shelves import Shelf
from assistant.verification import verify
from assistant.verification.features import Embed
from assistant.verification.neural import probabilities
from indexes.passage import Passage, Role
from ingestion.sources.criteria import is_criterion


def check(draft: Draft, shelf: Shelf, retrieved: Collection[str], embed: Embed | None = None) -> Checked | Failed:
    """The claim that a draft makes, or why it makes none. `retrieved`: the passages that may be cited; `embed`: the library's embedder."""
    cited = []
    for quote in draft.quotes:
        passage = shelf.passage(quote.passage.passage_id)
        if passage is None:
            return Failed(draft, ("its source has left the library",))
        if not usable(passage):
            return Failed(draft, ("its source has been retracted",))
        cited.append((quote.citation(), passage))
    verdict = verify(draft.text, cited, allowed=retrieved, embed=embed, judge=probabilities)
    if not verdict.supported:
        return Failed(draft, verdict.findings)
    kept = _needed(verdict.by_citation, verdict.bar)
    cited = [cited[number] for number in kept]
    claim = Claim(
        text=draft.text,
        support=verdict.support,
        findings=list(verdict.findings),
        context=_context(draft, cited[0][1], shelf),
        citations=[
            citation.model_copy(update={"support": verdict.by_citation[number]})
            for number, (citation, _) in zip(kept, cited, strict=True)
        ],
    )
    return graded(Checked(claim, tuple(passage for _, passage in cited)))


def _needed(alone: Sequence[float], bar: float) -> list[int]:
    """The citations that are shown: where some carry the claim alone, those that do not are left out.

    So is the precision of citations defined (ALCE: Gao et al. 2023, "Enabling Large Language Models to Generate Text with Citations"): one that does
    not support by itself, and is not missed, is irrelevant. Where only all together carry it, all are needed.
    """
    enough = [number for number, support in enumerate(alone) if support >= bar]
    return enough or list(range(len(alone)))


def graded(checked: Checked) -> Checked:
    """The claim with what its recommendation's source says of it: grade, strength, certainty, for whom."""
    words: list[str] = []
    for citation, passage in zip(checked.claim.citations, checked.passages, strict=True):
        part = passage.part_at(citation.start)
        if part.role is Role.RECOMMENDATION:
            words += RecommendationView.cited(passage, citation.start, citation.quote).words
    if not words:
        return checked
    findings = [*checked.claim.findings, *dict.fromkeys(words)]
    return Checked(checked.claim.model_copy(update={"findings": findings}), checked.passages)


def _context(draft: Draft, passage: Passage, shelf: Shelf) -> str | None:
    """What a claim that only repeats its quote leans on; one in other words stands by itself."""
    quote = draft.quotes[0]
    if len(draft.quotes) != 1 or draft.text != quote.text:
        return None
    if is_criterion(passage):
        return place_of_criterion(passage, shelf.document(passage.document_id))
    if is_table(passage):
        return place_of_row(passage)
    return place_of(passage, quote.start, quote.end) or context_of(passage, quote.start, quote.end)
