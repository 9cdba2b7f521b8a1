"""What a claim says of the figures of an outcome measure: which arm has more, by how much, which share of people, above or below what."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.verification.registry.clauses import Reading, split, together
from assistant.verification.registry.figures import bound_pattern, holds, number, number_pattern, test_of
from assistant.verification.registry.report import Arm, Report
from assistant.verification.registry.scope import Scope, scopes
from assistant.verification.registry.told import Told, counts_people, people_of, shares_of, time_scale, told_of

_N = rf"-?{number_pattern()}"
_UP = "more|higher|greater|larger|longer|better|bigger|increased?|improved?|superior"
_DOWN = "less|lower|fewer|smaller|shorter|worse|reduced?|decreased?|inferior"
_THAN = re.compile(
    rf"\b(?P<how>{_UP}|{_DOWN})\b[^.]*?\b(?P<than>than|compared (?:to|with)|versus|vs)\b(?!\s*[\d.]+\s*(?:%|months|weeks))"
)
_UNITS = r"%|percent|months?|weeks?|days?|years?|hours?"
_BOUND = bound_pattern(rf"(?P<figure>{_N}|half|an?)\s*(?P<unit>{_UNITS})?")
_FIGURE = re.compile(rf"(?<![\w.-])({_N})(?!\w)(?:\s*-?\s*({_UNITS}))?")
_NO_FIGURE = re.compile(r"(?:cohort|group|arm|grade|week|day|cycle|month|year|stage|phase|>|<|\+|/)s? ?$")
_DOSE = re.compile(r"\s*(?:mg|ml|mcg|µg|g/|/|gy)")
_PEOPLE = re.compile(r"\s*(?:of )?(?:the )?(?:\w+ ){0,3}?(?:patients?|participants?|subjects?)")
_SHARE = re.compile(
    r"\b(all|every|most|majority|half|none|not a single|no)\b(?: single)?(?: of)?(?: the)? (?:\w+ ){0,4}?"
    r"(?:patients?|participants?|subjects?|arm|cohort|group|one)\b"
)
_NOT_HAD = re.compile(r"\b(?:did not|didn['’]t|not) (?:have|achiev|experi|respon|reach|suffer)")
_DENIED = re.compile(r"\b(?:no|not|none|never|neither)\b|n['’]t")
_ELSE = re.compile(r"\b(?:duration|time ?frame|study|that group|median|baseline)\b")
"""What else than another arm something may be more than."""
_BETTER = frozenset({"better", "superior", "worse", "inferior"})
_UNWANTED = re.compile(r"progress|adverse|toxic|recurr|death|pain|time to resp", re.IGNORECASE)
_WANTED = re.compile(r"surviv|free|time to prog", re.IGNORECASE)
_HALF = 50.0  # per cent
_MULTIPLE = 0.06  # share of a figure by which one that is told as a difference may be off


def read_measured(claim: str, report: Report) -> Reading | None:
    """Whether the figures of the outcome measure bear the claim out; `None` where that cannot be told."""
    return together([_clause(part, report) for part in split(claim)])


def _clause(claim: str, report: Report) -> Reading | None:
    text = claim.lower()
    named = scopes(claim, report.arms)
    mentions = [trial for trial in ("primary", "secondary") if f"{trial} trial" in text]
    pool = [arm for arm in report.arms if arm.trial in mentions and arm.figures] or [
        arm for arm in report.arms if arm.figures
    ]
    if not pool:
        return None
    if (than := _THAN.search(text)) and not _is_bound(text, than):
        return _compared(text, report, named, pool, than)
    if re.search(r"\b(?:same|equal|identical|no (?:recorded )?difference)\b", text):
        return _same(text, named, pool)
    return _single(text, named, pool)


def _is_bound(text: str, than: re.Match[str]) -> bool:
    bound = _BOUND.search(text)
    return bool(
        bound
        and bound.start() <= than.start("how")
        and bound[test_of(bound)].endswith(" than")
        and text.count(" than") == 1
    )


def _compared(
    text: str, report: Report, named: Sequence[Scope], pool: Sequence[Arm], than: re.Match[str]
) -> Reading | None:
    sides = _sides(text, named, pool, than.start("than"))
    told = [told_of(arm, text) for arm in sides] if sides else []
    if len(told) != 2 or not told[0] or not told[1] or "no significant difference" in text:
        return None
    ours, theirs = told[0], told[1]
    first, second = ours.figure.value, theirs.figure.value
    if ours.arm.trial != theirs.arm.trial or (
        re.search(r"%|percent|proportion|rate", text) and counts_people(ours.arm.unit.lower())
    ):
        if ours.percent is None or theirs.percent is None:
            return None
        first, second = ours.percent, theirs.percent
    how = than["how"]
    up = bool(re.fullmatch(_UP, how))
    of = f"{report.measure} {ours.arm.unit}"
    if how in _BETTER and _UNWANTED.search(of) and not _WANTED.search(of):
        up = not up
    gap = first - second if up else second - first
    true = gap > 0 and _by_so_much(text, than.start(), gap, ours, theirs)
    denied = bool(_DENIED.search(text)) and "not " not in text[than.end() :]
    return Reading(true != denied, ours.surely and theirs.surely, "compared")


def _sides(text: str, named: Sequence[Scope], pool: Sequence[Arm], at: int) -> tuple[Arm, Arm] | None:
    """The arm that stands nearest before "than", and the one after it; of two arms that are not named both, the other."""
    single = [(scope.start, scope.arms[0]) for scope in named if len(scope.arms) == 1 and scope.arms[0] in pool]
    left = [arm for start, arm in single if start < at]
    right = [arm for start, arm in single if start > at]
    if left and right:
        return left[-1], right[0]
    if (known := (left[-1:] or right[:1])) and not _ELSE.search(text[at:]):
        rest = [arm for arm in pool if arm is not known[0] and arm.trial == known[0].trial]
        if len(rest) == 1:
            return (known[0], rest[0]) if left else (rest[0], known[0])
    return None


def _by_so_much(text: str, at: int, gap: float, ours: Told, theirs: Told) -> bool:
    """Whether a gap is as large as the words before the comparison say, if they do."""
    before = text[max(0, at - 40) : at]
    given = next(iter(_FIGURE.finditer(text[max(0, at - 26) : at])), None)
    if not given or _NO_FIGURE.search(text[: max(0, at - 26) + given.start()]):
        return True
    wanted, unit = number(given[1]), given[2] or ""
    if unit in {"%", "percent"}:
        if ours.percent is not None and theirs.percent is not None:
            gap = abs(ours.percent - theirs.percent)
    elif (scale := time_scale(unit, ours.arm.unit)) is not None:
        wanted *= scale
    if re.search(r"over|more than|at least", before):
        return gap > wanted
    if re.search(r"less than|under", before):
        return gap < wanted
    return abs(gap - wanted) <= max(_MULTIPLE * abs(wanted), 0.51 if wanted.is_integer() else 0.06)


def _same(text: str, named: Sequence[Scope], pool: Sequence[Arm]) -> Reading | None:
    arms = [scope.arms[0] for scope in named if len(scope.arms) == 1 and scope.arms[0] in pool][:2]
    if len(arms) < 2:
        arms = list(pool) if len(pool) == 2 else []
    told = [told_of(arm, text) for arm in arms]
    if len(told) != 2 or not told[0] or not told[1]:
        return None
    alike = told[0].figure.value == told[1].figure.value
    denied = bool(_DENIED.search(text)) and "no " not in text
    return Reading(alike != denied, told[0].surely and told[1].surely, "same")


def _single(text: str, named: Sequence[Scope], pool: Sequence[Arm]) -> Reading | None:
    """A share or a number of people, or a value, of one arm, of each, or of all."""
    arms = [scope.arms[0] for scope in named if len(scope.arms) == 1 and scope.arms[0] in pool]
    apart = len(arms) > 1 or bool(re.search(r"both|each|either", text))
    arms = arms or (list(pool) if len(pool) <= 2 else [])
    told = [each for arm in arms if (each := told_of(arm, text))]
    if not told or len(told) < len(arms):
        return None
    surely = all(each.surely for each in told)
    figures = [
        match
        for match in _FIGURE.finditer(text)
        if not _NO_FIGURE.search(text[: match.start()]) and not _DOSE.match(text[match.end() :])
    ]
    said = _SHARE.search(text)
    if said and not (figures and figures[0][2] in {"%", "percent"}):
        shares = shares_of(told, apart)
        if shares is None:
            return None
        shares = [100 - each if _NOT_HAD.search(text) else each for each in shares]
        return Reading(all(_fits(said[1], each, text) for each in shares), surely and said[1] != "no", "share")
    if bound := _BOUND.search(text):
        return _bounded(text, told, apart, bound, surely)
    return _exact(text, told, apart, figures[0], surely) if figures else None


def _fits(word: str, share: float, text: str) -> bool:
    if "less than half" in text:
        return share < 50
    if "more than half" in text or "over half" in text:
        return share > 50
    if word in {"all", "every"}:
        return share > 99.5
    if word == "half":
        return abs(share - 50) < 3
    return share > 50 if word in {"most", "majority"} else share < 0.01


def _bounded(text: str, told: Sequence[Told], apart: bool, bound: re.Match[str], surely: bool) -> Reading | None:
    unit, figure = bound["unit"] or "", bound["figure"]
    wanted = _HALF if figure == "half" else number(figure)
    if unit in {"%", "percent"} or figure == "half":
        kind, have = "share", shares_of(told, apart)
    elif _PEOPLE.match(text[bound.end() :]):
        kind, have = "people", people_of(told, apart)
    else:
        scale = time_scale(unit, told[0].arm.unit)
        if scale is None:
            return None
        kind, have, wanted = "value", [each.figure.value for each in told], wanted * scale
    if have is None:
        return None
    true = all(holds(each, test_of(bound), wanted) for each in have)
    return Reading(
        true != bool(re.search(r"(?:did not|not) (?:have|achieve|experience)", text)),
        surely and kind != "value",
        f"bound of {kind}",
    )


def _exact(text: str, told: Sequence[Told], apart: bool, figure: re.Match[str], surely: bool) -> Reading | None:
    wanted = number(figure[1])
    not_had = bool(_NOT_HAD.search(text))
    have: list[float] | None
    if figure[2] in {"%", "percent"}:
        kind, have = "share", shares_of(told, apart)
        have = [100 - each for each in have] if have and not_had else have
    elif _PEOPLE.match(text[figure.end() :]):
        kind, have = "people", people_of(told, apart)
        have = [sum(each.arm.analysed for each in told) - one for one in have] if have and not_had else have
    else:
        kind, have = "value", [each.value for one in told for each in one.arm.figures]
    if have is None:
        return None
    near = any(abs(each - wanted) <= max(0.012 * abs(wanted), 0.06) for each in have)
    return Reading(near, surely and kind != "value", f"exact {kind}")
