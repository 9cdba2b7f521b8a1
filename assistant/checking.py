"""From a draft to a claim: every quote is read again where it stands, and the claim is checked against it."""

from __future__ import annotations

from collections.abc import Collection

from assistant.answer import Claim
from assistant.appraisal import usable
from assistant.drafts import Checked, Draft, Failed
from assistant.shelves import Shelf
from assistant.verification import verify
from assistant.verification.features import Embed
from assistant.verification.neural import load_neural


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
    neural = load_neural()
    judge = neural.probabilities if neural else None
    verdict = verify(draft.text, cited, allowed=retrieved, embed=embed, judge=judge)
    if not verdict.supported:
        return Failed(draft, verdict.findings)
    claim = Claim(
        text=draft.text,
        support=verdict.support,
        findings=list(verdict.findings),
        citations=[
            citation.model_copy(update={"support": support})
            for (citation, _), support in zip(cited, verdict.by_citation, strict=True)
        ],
    )
    return Checked(claim, tuple(passage for _, passage in cited))
