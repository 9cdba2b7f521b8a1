"""How much a passage weighs as evidence before anyone reads it: its level, its age and whether it still stands.

The prior is a score of its own beside relevance, with a weight of its own (`Ranking.prior_weight`): it decides between passages that are about
equally relevant and never keeps a relevant one out.
"""

from __future__ import annotations

from indexes.passage import Passage, Status

# Levels of the Oxford Centre for Evidence-Based Medicine, as `ingestion.design` gives them; guidelines rest on a synthesis of evidence.
_LEVELS = {"guideline": 1.0, "1": 1.0, "2": 0.8, "3": 0.5, "4": 0.3, "5": 0.1, "registration": 0.2}
_UNKNOWN_LEVEL = 0.4
_STANDING = {Status.RETRACTED: 0.0, Status.SUPERSEDED: 0.3, Status.CONCERN: 0.3, Status.DRAFT: 0.5}
# Half of the recommendations of a guideline's edition are out of date after 5.8 years (Shekelle et al., JAMA 2001; 286: 1461).
_HALF_LIFE = 5.8
_UNDATED = 0.3
_LEVEL_SHARE = 0.6


def prior(passage: Passage, this_year: int) -> float:
    """The passage's weight as evidence, in [0, 1]: level and recency, taken times its standing; 0 where it was retracted."""
    level = _LEVELS.get(passage.evidence_level, _UNKNOWN_LEVEL)
    recency = _UNDATED if passage.year is None else 0.5 ** (max(0, this_year - passage.year) / _HALF_LIFE)
    return (_LEVEL_SHARE * level + (1 - _LEVEL_SHARE) * recency) * _STANDING.get(passage.status, 1.0)
