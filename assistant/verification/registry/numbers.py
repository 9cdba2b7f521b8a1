"""How many people, or which share of them, had what a clause names: exact figures, bounds, fractions, majorities, kinds of events."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.verification.registry.clauses import Clause, Reading
from assistant.verification.registry.counts import affected, at_risk
from assistant.verification.registry.figures import bound_pattern, holds, number, number_pattern, test_of
from assistant.verification.registry.report import Arm
from assistant.verification.registry.scope import of_trial, trials_of

_N = number_pattern()
_PEOPLE = r"(?:patients?|participants?|subjects?|persons?|people|wom[ae]n|individuals?)"
_NOT_HAD = re.compile(r"\b(?:did not|not|didn['’]t|without) (?:suffer|experience|have|record|report)")
_FRACTIONS = {"half": 50.0, "quarter": 25.0, "third": 100 / 3}
_BOUND = bound_pattern(rf"(?P<figure>{_N}|an?)\b(?:\s*(?P<percent>%|percent))?")
_FIGURE = re.compile(rf"(?<![\d./\w])({_N}|no|an?)(?!\w)(?:\s*(%|percent)|/(\d{1, 9}))?")
_NOT_ONE = re.compile(r"\bnot (?:a single|one|any)\b(?: one\b)?")
_LABELS = re.compile(r"(?:cohorts?|grades?|types?|groups?|arms?) (?:\w+ (?:and|or|&) )?$")
_KINDS = re.compile(r"(?:types?|categor\w+|kinds?|different)\b")
_MOST_PEOPLE = re.compile(
    rf"\b(all|every|most|majority|half)(?: single)?(?: of)?(?: the| of the)? (?:\w+ )?{_PEOPLE}\b"
)
_CLOSE = 0.6  # per cent points by which a rounded share may differ
_ALMOST_ALL, _HALF = 99.9, 50.0


def read_fraction(clause: Clause) -> Reading | None:
    """ "More than a quarter of patients"."""
    said = re.search(
        r"(more|less|fewer|over|under)(?: than)? (?:a |an |one )?(half|quarter|third|(\d)/(\d))(?: of)?", clause.text
    )
    if not said or not (clause.names.found or clause.on_events):
        return None
    bar = _FRACTIONS.get(said[2]) or 100 * int(said[3]) / max(1, int(said[4]))
    have = _percent(clause)
    if have is None:
        return None
    return Reading(have > bar if said[1] in {"more", "over"} else have < bar, not clause.names.unknown, "fraction")


def read_majority(clause: Clause) -> Reading | None:
    """ "Most patients", "all participants", "half of the women"."""
    said = _MOST_PEOPLE.search(clause.text)
    if not said or (not clause.names.found and (clause.names.unknown or not clause.on_events)):
        return None
    have = _percent(clause)
    if have is None:
        return None
    if re.search(r"\b(?:not|n['’]t|no|without)\b", clause.around) and not _NOT_HAD.search(clause.around):
        have = 100 - have
    if said[1] in {"all", "every"}:
        each = [clause.cases(clause.arms, percent=True, of=named.rows) or 0.0 for named in clause.names.found]
        held = all(one >= _ALMOST_ALL for one in each) if len(each) > 1 else have >= _ALMOST_ALL
    else:
        held = abs(have - _HALF) < 2 if said[1] == "half" else have > _HALF
    return Reading(held, not clause.names.unknown, "most people")


def read_number(clause: Clause) -> Reading | None:
    """A number or a share of people, an exact one or a bound, and how many kinds of events there are."""
    given = _given(clause)
    if given is None:
        return None
    test, value, percent, of, loosely = given
    said, text = clause.names, clause.text
    if several_figures(clause):
        return None
    if _KINDS.search(text) and not percent:
        if "grade" in text or not (said.found or clause.on_events):
            return None
        return Reading(holds(_kinds(clause), test, value), clause.whole and not said.found, "kinds")
    if (
        not said.found
        and not clause.repeated
        and not clause.on_events
        and not said.unknown
        and re.search(rf"{_N} (?:\w+ )?{_PEOPLE}", text)
    ):
        if re.search(r"suffer|experienc|affect", text) or not re.search(
            r"total of|had|consist|includ|contain|only", text
        ):
            return None
        return Reading(holds(at_risk(clause.arms), test, value), True, "size")
    if not said.found and said.unknown:  # an event that no row names
        if test in {"=", "gt", "ge"} and value > 0 and not clause.denied:
            return Reading(False, False, "unknown")
        return Reading(True, False, "unknown") if test == "lt" or (value == 0 and test == "=") else None
    if not said.found and not clause.on_events:
        return None
    if of is not None and said.found:
        counts = [arm.events[row] for arm in clause.arms for row in said.rows if row in arm.events]
        one = any(count.affected == value and count.at_risk == of for count in counts)
        return Reading(
            one or (affected(clause.arms, said.rows) == value and at_risk(clause.arms) == of),
            not said.unknown,
            "of so many",
        )
    return _number_of_people(clause, test, value, percent, loosely)


def _number_of_people(clause: Clause, test: str, value: float, percent: bool, loosely: bool) -> Reading | None:
    said, text = clause.names, clause.text
    not_had = bool(_NOT_HAD.search(clause.around))
    if clause.cases(clause.arms) is None:
        return None

    def held(arms: Sequence[Arm], of: frozenset[str]) -> bool:
        count = clause.cases(arms, percent=percent, of=of) or 0.0
        if percent and not_had:
            count = 100 - count
        if loosely:
            return count >= 1
        return abs(count - value) < _CLOSE if percent and test == "=" else holds(count, test, value)

    true = all(held(arms, said.rows) for arms in _apart(clause))
    if clause.denied and not not_had and test != "=" and not re.search(r"no (?:less|more|fewer)|not more", text):
        true = not true
    if (
        not true
        and len(said.found) > 1
        and " and " in text
        and not re.search(r"total|combined|or ", text)
        and test in {"=", "ge", "gt"}
    ):
        true = all(held(clause.arms, named.rows) for named in said.found)
    return Reading(true, said.exact or (not said.found and not said.unknown), "number")


def _given(clause: Clause) -> tuple[str, float, bool, int | None, bool] | None:
    """The figure of a clause: how it is meant, its value, whether it is per cent, of how many, and whether it is but "a patient"."""
    text = _NOT_ONE.sub("no", clause.text)
    if bound := _BOUND.search(text):
        return test_of(bound), number(bound["figure"]), bool(bound["percent"]), None, False
    best: re.Match[str] | None = None
    for match in _FIGURE.finditer(text):
        after = text[match.end() : match.end() + 40]
        if match[2] or match[3]:
            best = match
            break
        if _LABELS.search(text[: match.start()]):
            continue
        if match[1] in {"a", "an"}:
            fits = bool(re.match(rf"\s+(?:single )?(?:\w+ )?(?:{_PEOPLE}|case)\b", after))
        else:
            fits = bool(
                re.match(
                    rf"\s+(?:of (?:the )?)?(?:\w+[ -]){{0,4}}?(?:{_PEOPLE}|cases?|occurrences?|instances?|in (?:cohort|the)|suffer|were|was)\b",
                    after,
                )
                or (clause.names.found and re.match(r"\s+\w", after))
                or not after.strip(" .,")
            )
        if fits and best is None:
            best = match
    if best is None:
        return None
    loosely = best[1] in {"a", "an"} and not re.search(r"only|single", text)
    return "=", number(best[1]), bool(best[2]), int(best[3]) if best[3] else None, loosely


def several_figures(clause: Clause) -> bool:
    """Whether a clause gives figures of several arms: "12 with A and 3 with B". `bindings` tells which goes with which."""
    plain = re.sub(r"\(\s*[\d.]+\s*%\s*\)", "", clause.text)  # a share after its count is none of its own
    figures = [
        match
        for match in _FIGURE.finditer(plain)
        if match[1] not in {"a", "an", "no"} and not _LABELS.search(plain[: match.start()])
    ]
    return len(clause.scopes) > 1 and len(figures) > 1


def _kinds(clause: Clause) -> float:
    """How many events of those named, or of all, have cases, have none, or have at least so many, as the clause says."""
    pool = clause.names.rows if clause.names.found else clause.rows
    here = [row for row in pool if any(row in arm.events for arm in clause.arms)]
    if re.search(r"(?:no|0|zero) (?:cases|occur\w+|patients)", clause.text):
        return sum(affected(clause.arms, [row]) == 0 for row in here)
    least = 1.0
    if bound := re.search(rf"(at least|more than|over) ({_N}) (?:cases?|patients?|times)", clause.text):
        least = number(bound[2]) + (bound[1] != "at least")
    return sum(affected(clause.arms, [row]) >= least for row in here)


def _apart(clause: Clause) -> list[Sequence[Arm]]:
    """The arms in the parts of which each must have what is said: each trial, each arm, or all together."""
    text, trials = clause.text, trials_of(clause.arms)
    whole = re.search(r"between|total|combined|across", text)
    if re.search(r"(?:both|all|each|either) (?:cohorts?|groups?|arms?)", text) and not whole:
        return [[arm] for arm in clause.arms]
    if (
        len(trials) > 1
        and re.search(r"both|each|neither|either", text)
        and not re.search(r"between|total|combined", text)
    ):
        return [of_trial(clause.arms, trial) for trial in trials]
    return [clause.arms]


def _percent(clause: Clause) -> float | None:
    """The share of people with what is named, or with any event; without it where the clause says so. `None` where the table does not say that."""
    have = clause.cases(clause.arms, percent=True)
    return have if have is None or not _NOT_HAD.search(clause.around) else 100 - have
