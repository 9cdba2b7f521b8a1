"""What a claim says of a table of adverse events, counted out: how many, which share, which is most common, where more, whether at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.verification.registry.clauses import Clause, Reading, clauses, together
from assistant.verification.registry.compared import compared
from assistant.verification.registry.counts import affected, per_hundred
from assistant.verification.registry.figures import holds, number, number_pattern
from assistant.verification.registry.numbers import read_fraction, read_majority, read_number, several_figures
from assistant.verification.registry.report import Arm, Report
from assistant.verification.registry.scope import of_trial, trials_of
from assistant.verification.words import stems

_N = number_pattern()


def read_counted(claim: str, report: Report) -> Reading | None:
    """Whether the table of adverse events bears the claim out; `None` where that cannot be told."""
    return together([_clause(clause) for clause in clauses(claim, report)])


def _clause(clause: Clause) -> Reading | None:
    return next((reading for rule in _RULES if (reading := rule(clause))), None)


def _shared(clause: Clause) -> Reading | None:
    """Events that both trials have."""
    said = re.search(
        r"(?:same|overlap\w*|common|share\w*)[^.]{0,40}(?:adverse events?|events|aes)|(?:adverse events|aes)[^.]{0,20}overlap|share",
        clause.text,
    )
    if not said or clause.names.found or len(trials_of(clause.arms)) < 2:
        return None
    had = [
        {tuple(sorted(stems(row))) for row in clause.rows if affected(of_trial(clause.arms, trial), [row])}
        for trial in trials_of(clause.arms)
    ]
    common = len(set.intersection(*had))
    if given := re.search(
        rf"({_N}) (?:of the )?(?:same|common|shared)|({_N}) (?:adverse events|aes)? ?in common", clause.text
    ):
        return Reading(number(given[1] or given[2]) == common, True, "shared")
    return Reading((common == 0) == clause.denied, clause.denied, "shared")


def _most_common(clause: Clause) -> Reading | None:
    said = re.search(
        r"(most|least)\s+(?:\w+ )?(?:common|frequent|prevalent|prominent|recorded|reported|often)"
        r"|(highest|lowest) (?:number|occurrence|proportion|percentage|rate|incidence)",
        clause.text,
    )
    if not said or not clause.names.found or "than" in clause.text:
        return None
    parts = [clause.arms] if clause.narrow else [of_trial(clause.arms, trial) for trial in trials_of(clause.arms)]
    right = []
    for arms in parts:
        counts = {row: affected(arms, [row]) for row in clause.rows if any(row in arm.events for arm in arms)}
        if counts:
            extreme = max(counts.values()) if (said[1] or said[2]) in {"most", "highest"} else min(counts.values())
            top = {row for row, count in counts.items() if count == extreme}
            right.append(all(each.rows & top for each in clause.names.found if each.rows) and bool(clause.names.rows))
    if not right:
        return None
    true = all(right)
    if true and (given := re.search(rf"total of ({_N}) (?:cases|patients)", clause.text)):
        true = any(affected(parts[0], each.rows) == number(given[1]) for each in clause.names.found)
    return Reading(true != clause.denied, clause.whole or not true, "most common")


def _only(clause: Clause) -> Reading | None:
    """The only event, or an event in one arm only."""
    if not re.search(r"\bonly\b", clause.text) or not clause.names.found or clause.names.unknown:
        return None
    if (
        re.search(r"\bonly (?:recorded |reported |observed )?(?:adverse event|ae|event)", clause.text)
        and "total" not in clause.text
    ):
        there = {row for row in clause.rows if affected(clause.arms, [row])}
        true = bool(there) and there <= clause.names.rows
        return Reading(true, clause.whole or not true, "only event")
    where = r"only (?:observed|recorded|reported|found|seen|occurr\w*|present)?\s*(?:in|by|for|cases)|the only|only (?:cohort|group|arm|the)"
    if (
        len(clause.scopes) == 1
        and clause.narrow
        and re.search(where, clause.text)
        and not re.search(rf"only {_N}\b", clause.text)
    ):
        rest = clause.beside(clause.arms)
        each = [named.rows for named in clause.names.found]
        return Reading(
            all(affected(clause.arms, some) and not affected(rest, some) for some in each), True, "only there"
        )
    return None


def _gathered(clause: Clause) -> Reading | None:
    """All, most or half of the cases were in one arm."""
    said = re.search(
        r"\b(all|most|majority|half|every) (?:of )?(?:the |these )?(?:\w+ ){0,3}?(?:cases?|adverse events?|events)\b",
        clause.text,
    )
    if not said or not clause.narrow or re.search(r"types?|categor", clause.text):
        return None
    arms = clause.narrow
    whole = [arm for arm in clause.all_arms if arm.trial in trials_of(arms)]
    of = clause.names.rows if clause.names.found else clause.rows
    if not affected(whole, of):
        return Reading(False, not clause.names.unknown, "gathered")
    part = affected(arms, of) / affected(whole, of)
    held = {"all": part == 1, "every": part == 1, "half": abs(part - 0.5) < 0.05}.get(said[1], part > 0.5)
    sure = not clause.names.unknown and (clause.whole or bool(clause.names.found))
    return Reading(held != clause.denied, sure, "gathered")


def _alike(clause: Clause) -> Reading | None:
    """The same number of each event."""
    if (
        not re.search(r"(?:each|every) (?:type|kind|categor|adverse)", clause.text)
        or "same" not in clause.text
        or len(clause.arms) < 2
    ):
        return None
    first, *rest = clause.arms
    true = all(affected([first], [row]) == affected([arm], [row]) for row in clause.rows for arm in rest)
    return Reading(true, clause.whole or not true, "alike")


def _there(clause: Clause) -> Reading | None:
    """Whether there were such events at all."""
    said, text = clause.names, clause.text
    if several_figures(clause):
        return None
    if not said.found:
        if said.unknown:
            return Reading(clause.denied, False, "unknown")
        none = clause.cases(clause.arms) if clause.on_events and clause.denied else None
        return None if none is None else Reading(none == 0, True, "none")
    parts: list[Sequence[Arm]] = [clause.arms]
    if len(trials_of(clause.arms)) > 1 and not re.search(r"between|across the|throughout both|combined", text):
        parts = [of_trial(clause.arms, trial) for trial in trials_of(clause.arms)]
    if clause.denied:
        none = all(affected(arms, said.rows) == 0 for arms in parts)
        return Reading(none, said.exact or (not none and not said.unknown), "none")
    if len(clause.scopes) > 1:
        parts = [scope.arms for scope in clause.scopes if scope.arms]
    if re.search(r"(?:both|each|all) (?:cohorts?|groups?|arms?)", text):
        parts = [[arm] for arm in clause.arms]
    need = 2 if re.search(r"several|multiple|many|various|numerous|variety", text) else 1
    each = [named.rows for named in said.found if named.rows] + (
        [frozenset[str]()] if any(not named.rows for named in said.found) else []
    )
    enough = any if re.search(r"\bor\b", text) else all
    return Reading(all(enough(affected(arms, some) >= need for some in each) for arms in parts), said.exact, "there")


def _listed(clause: Clause) -> Reading | None:
    """Whether the table has a row for it, whatever its count."""
    if not re.search(r"\bmonitor", clause.text) or not (clause.names.found or clause.names.unknown):
        return None
    there = all(any(row in arm.events for arm in clause.arms for row in each.rows) for each in clause.names.found)
    return Reading((there and bool(clause.names.found)) != clause.denied, clause.names.exact and clause.whole, "listed")


def _each_event(clause: Clause) -> Reading | None:
    """What holds of every event: "no adverse event occurred more than once", "the highest number of cases of any event was 3"."""
    if clause.names.found:
        return None
    parts = [of_trial(clause.arms, trial) for trial in trials_of(clause.arms)]
    counts = [
        [affected(arms, [row]) for row in clause.rows if any(row in arm.events for arm in arms)] for arms in parts
    ]
    if not all(counts):
        return None
    if highest := re.search(
        rf"(?:highest|maximum|largest|greatest) number of (?:occur\w+|cases|patients|instances)\b.*\b(?:was|is|were) ({_N})\b",
        clause.text,
    ):
        return Reading(all(max(each) == number(highest[1]) for each in counts), clause.whole, "each event")
    said = re.search(
        rf"\b(?:no|none of the) (?:\w+ )?(?:adverse )?events?\b.*\b(more|less|fewer|over|under)(?: than)? (once|twice|{_N})\b(?:\s*(%|percent))?",
        clause.text,
    )
    if not said:
        return None
    bar = {"once": 1.0, "twice": 2.0}.get(said[2]) or number(said[2])
    test = "le" if said[1] in {"more", "over"} else "ge"
    true = all(
        holds(per_hundred(count, arms) if said[3] else count, test, bar)
        for arms, each in zip(parts, counts, strict=True)
        for count in each
    )
    return Reading(true, clause.whole or not true, "each event")


_RULES: tuple[Callable[[Clause], Reading | None], ...] = (
    _listed, _shared, _each_event, _most_common, read_fraction, _only, compared, _gathered, _alike, read_majority, read_number, _there,
)  # fmt: skip
"""The first that a clause fits reads it."""
