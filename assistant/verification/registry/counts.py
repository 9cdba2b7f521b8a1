"""Sums over arms and events of a table of adverse events. People with two events count twice, as a registry's rows do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.verification.registry.report import Arm


def affected(arms: Iterable[Arm], events: Iterable[str]) -> int:
    """How many cases of these events there are in these arms."""
    wanted = list(events)
    return sum(arm.events[event].affected for arm in arms for event in wanted if event in arm.events)


def at_risk(arms: Iterable[Arm]) -> int:
    """How many people the arms have."""
    return sum(arm.at_risk for arm in arms)


def any_event(arms: Iterable[Arm]) -> int | None:
    """How many people had any event; `None` where the table does not total that for each arm."""
    totals = [arm.total for arm in arms]
    return sum(total.affected for total in totals if total) if totals and all(totals) else None


def per_hundred(cases: float, arms: Sequence[Arm]) -> float:
    """Cases per hundred people; 0 where nobody is counted."""
    return 100 * cases / max(1, at_risk(arms))
