"""The registry of checks: a new check is one file and one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.verification.bindings import check_bindings
from assistant.verification.causation import check_causation
from assistant.verification.comparison import check_comparison
from assistant.verification.direction import check_direction
from assistant.verification.entities import check_entities
from assistant.verification.evidence import Evidence
from assistant.verification.finding import Finding
from assistant.verification.headings import check_headings
from assistant.verification.opposites import check_opposites
from assistant.verification.people import check_people
from assistant.verification.polarity import check_polarity
from assistant.verification.quantities import check_quantities
from assistant.verification.setting import check_setting
from assistant.verification.standing import check_standing
from assistant.verification.strength import check_strength
from assistant.verification.substitution import check_substitution
from assistant.verification.tables import check_tables
from assistant.verification.terms import check_terms

Check = Callable[[str, Evidence], Finding]

CHECKS: Mapping[str, Check] = {
    "quantities": check_quantities,
    "bindings": check_bindings,
    "entities": check_entities,
    "direction": check_direction,
    "opposites": check_opposites,
    "substitution": check_substitution,
    "polarity": check_polarity,
    "comparison": check_comparison,
    "strength": check_strength,
    "causation": check_causation,
    "setting": check_setting,
    "people": check_people,
    "standing": check_standing,
    "tables": check_tables,
    "headings": check_headings,
    "terms": check_terms,
}
"""Name -> check. They trust the quote: `check_verbatim` has passed for its citation before."""


def examine(claim: str, evidence: Evidence) -> dict[str, Finding]:
    """What every check finds, by its name."""
    return {name: check(claim, evidence) for name, check in CHECKS.items()}
