"""Which arms of which trial a stretch of a claim names: "cohort 1 of the secondary trial", "both trials", "the placebo group"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.verification.registry.frames import frame
from assistant.verification.registry.report import Arm

_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "a": 1, "b": 2, "c": 3, "d": 4, "i": 1, "ii": 2, "iii": 3}
_WHICH = r"\d|one|two|three|four|[a-d](?![\w'’])|i{1,3}\b"
_PLACE = re.compile(
    r"(?P<all>both (?:of )?(?:the |its )?(?:cohorts|groups|arms)"
    r"|(?:all|across|either|each|any)(?: (?:two|three|four|five))? (?:of )?(?:the |its )?(?:cohorts?|groups?|arms?))"
    rf"|(?:cohorts?|groups?|arms?) (?P<arm>{_WHICH})(?: (?:and|or|&) (?:(?:cohort|group|arm) )?(?P<other>{_WHICH}))?"
    r"|(?P<trial>primary|secondary) trials?|(?P<trials>(?:both|either|neither|two|the) trials)",
    re.IGNORECASE,
)
_OF = re.compile(r"[\s,]*(?:of|in|from|for)?\s*", re.IGNORECASE)
_TITLE = re.compile(r"[a-z0-9][a-z0-9./+-]*")
_UNTELLING = frame("titles")


@dataclass(frozen=True, slots=True)
class Scope:
    """A mention: where it stands and which arms it means. `narrow`: it names single arms, not a whole trial; `titled`: by their titles."""

    start: int
    end: int
    arms: tuple[Arm, ...]
    narrow: bool = False
    titled: bool = False


def united(scopes: Iterable[Scope]) -> tuple[Arm, ...]:
    """All arms that are meant, each once."""
    found: list[Arm] = []
    for scope in scopes:
        found += [arm for arm in scope.arms if arm not in found]
    return tuple(found)


def trials_of(arms: Iterable[Arm]) -> list[str]:
    """The trials that the arms belong to."""
    return sorted({arm.trial for arm in arms})


def of_trial(arms: Iterable[Arm], trial: str) -> list[Arm]:
    """The arms of a trial."""
    return [arm for arm in arms if arm.trial == trial]


def scopes(text: str, arms: Sequence[Arm]) -> list[Scope]:
    """The mentions in order.

    An arm without a trial is one of the trial named nearest; a trial that only says where its arms are is no mention of its own.
    """
    titled = _by_title(text.lower(), arms)
    text = without(text, titled)  # "Arm A: placebo" is one mention
    found: list[Scope] = []
    loose: list[int] = []
    matches = list(_PLACE.finditer(text))
    at = 0
    while at < len(matches):
        match = matches[at]
        trial, end = _trial_after(text, matches, at)
        if match["arm"] or match["all"]:
            at += trial is not None
            before = (
                found[-1]
                if found
                and not found[-1].narrow
                and _OF.fullmatch(re.sub(r"^['’]s?", "", text[found[-1].end : match.start()]))
                else None
            )
            if trial is None and before and len(trials_of(before.arms)) == 1:
                trial = before.arms[0].trial
            numbers = {_number(each) for each in (match["arm"], match["other"]) if each}
            meant = tuple(
                arm for arm in arms if (trial in (None, arm.trial)) and (match["all"] or arm.number in numbers)
            )
            if trial is None:
                loose.append(len(found))
            found.append(Scope(match.start(), end, meant, narrow=not match["all"]))
        elif match["trial"]:
            found.append(
                Scope(match.start(), match.end(), tuple(arm for arm in arms if arm.trial == match["trial"].lower()))
            )
        else:
            found.append(Scope(match.start(), match.end(), tuple(arms)))
        at += 1
    found = _settled(found, loose, arms)
    return sorted([*found, *(titled or _by_words(text.lower(), arms, found))], key=lambda scope: scope.start)


def without(text: str, mentions: Iterable[Scope]) -> str:
    """The text with blanks where arms are named."""
    for scope in mentions:
        text = text[: scope.start] + " " * (scope.end - scope.start) + text[scope.end :]
    return text


def _trial_after(text: str, matches: Sequence[re.Match[str]], at: int) -> tuple[str | None, int]:
    match = matches[at]
    if at + 1 < len(matches) and matches[at + 1]["trial"]:
        between = re.sub(r"\bthe\s*$", "", text[match.end() : matches[at + 1].start()], flags=re.IGNORECASE)
        if _OF.fullmatch(between):
            return matches[at + 1]["trial"].lower(), matches[at + 1].end()
    return None, match.end()


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]


def _settled(found: list[Scope], loose: Sequence[int], arms: Sequence[Arm]) -> list[Scope]:
    others = [scope for place, scope in enumerate(found) if place not in loose and scope.arms]
    for place in loose:
        scope = found[place]
        near = min(others, key=lambda other: abs(other.start - scope.start), default=None)
        if not scope.narrow and len({arm.trial for other in others for arm in other.arms}) != 1:
            continue  # all arms of all trials
        trial = near.arms[0].trial if near else arms[0].trial
        found[place] = replace(scope, arms=tuple(arm for arm in scope.arms if arm.trial == trial))
    narrow = [scope for scope in found if scope.narrow]
    told = {arm.trial for scope in narrow for arm in scope.arms}
    return [
        scope
        for scope in found
        if scope.narrow or not (len(trials_of(scope.arms)) == 1 and scope.arms[0].trial in told)
    ]


def _by_title(low: str, arms: Sequence[Arm]) -> list[Scope]:
    """Arms whose whole title stands in the text, the longest first: it may hold another's."""
    found: list[Scope] = []
    for arm in sorted((arm for arm in arms if arm.title), key=lambda each: -len(each.title)):
        for match in _whole(arm.title.lower()).finditer(low):
            if all(match.end() <= scope.start or match.start() >= scope.end for scope in found):
                found.append(Scope(*match.span(), (arm,), narrow=True, titled=True))
                break
    return found


def _by_words(low: str, arms: Sequence[Arm], named: Sequence[Scope]) -> list[Scope]:
    """Arms that are named by words of their titles which no other arm of the trial has, or that are the rest of another's title."""
    found: list[Scope] = []
    known = {arm for scope in named if scope.narrow for arm in scope.arms}
    words = {arm: set(_TITLE.findall(arm.title.lower())) - _UNTELLING for arm in arms}
    for arm, own in words.items():
        rest = [words[other] for other in arms if other is not arm and other.trial == arm.trial]
        if arm in known or not own or not rest:
            continue
        telling = own - set().union(*rest)
        places = [match.span() for word in telling if len(word) > 1 for match in _whole(word).finditer(low)]
        if not telling and any(own < other for other in rest):
            added = set().union(*(other - own for other in rest if own < other))
            places = [
                span
                for span in (match.span() for match in _whole(max(own, key=len)).finditer(low))
                if not _near(low, span, added)
            ]
        if places:
            found.append(Scope(*min(places), (arm,), narrow=True, titled=True))
    return found


def _whole(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])")


def _near(low: str, span: tuple[int, int], words: set[str]) -> bool:
    """Whether one of the words stands beside, before "than" or a comma parts them."""
    around = re.split(r"\bthan\b|\bcompared\b|,", low[max(0, span[0] - 22) : span[1] + 32])
    beside = next((part for part in around if low[span[0] : span[1]] in part), "")
    return any(word in beside for word in words)
