"""Is a claim carried by the words it cites? Checks are pure functions, one a file; the registry is `CHECKS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.answer import Citation
from assistant.verification.finding import Finding
from assistant.verification.numbers import check_numbers
from assistant.verification.terms import check_terms
from assistant.verification.verbatim import check_verbatim
from indexes.passage import Passage

Check = Callable[[str, Citation, Passage], Finding]

# A new check is one file and one line. They trust the quotes: `check_verbatim` has passed for every citation before.
CHECKS: tuple[Check, ...] = (check_numbers, check_terms)
BAR = 0.99  # a claim of the extractive engine is its quote: anything short of full support is a fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """Support of a claim in [0, 1] by the citations together, and what was found amiss, in words."""

    support: float
    findings: tuple[str, ...]

    @property
    def supported(self) -> bool:
        """Whether the claim may be shown."""
        return self.support >= BAR


def verify(claim: str, cited: Sequence[tuple[Citation, Passage]]) -> Verdict:
    """The verdict on a claim. Support is the lowest score of any check; a check passes when some citation passes it.

    Without a citation there is no support, and none where any quote is not verbatim.
    """
    if not cited:
        return Verdict(0.0, ("nothing is cited",))
    untrue = [
        found.text for citation, passage in cited if not (found := check_verbatim(claim, citation, passage)).score
    ]
    if untrue:
        return Verdict(0.0, tuple(untrue))
    support, findings = 1.0, []
    for check in CHECKS:
        best = max((check(claim, citation, passage) for citation, passage in cited), key=lambda finding: finding.score)
        support = min(support, best.score)
        if best.text:
            findings.append(best.text)
    return Verdict(support, tuple(findings))
