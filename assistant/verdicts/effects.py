"""What a cited sentence shows of an effect: whether the outcome went up, down or no way, on whose side, and how surely.

The clause that names most of the outcome is read beside the whole sentence: "X fell, but Y did not differ" says two things.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.planning.asking import Effect
from assistant.verdicts.sentences import Said, cue, shown
from assistant.verification.events import events
from assistant.verification.words import Word, stems, words

ON_TOPIC = 0.5  # share of the outcome's words that a sentence must have to be read for it
NEAR = 12  # words between a change and the side that it is said of
_CUES = ("none", "same", "significant", "p_small", "p_large", "found", "hedged", "moved", "positive", "negative")
_CLAUSES = re.compile(
    r"[;:]|,\s+(?:but|while|whereas|and|with)\b|\b(?:but|while|whereas|however|although)\b|\.\s", re.IGNORECASE
)
_THAN = frozenset(("than", "versus", "vs", "compared", "relative"))


def most_telling(effect: Effect, sentences: Sequence[Said]) -> int | None:
    """The number of the sentence that names most of the outcome, the first of equals; `None` where none names enough of it."""
    outcome = set(stems(effect.outcome))
    shares = [_share(outcome, said.text) for said in sentences]
    best = max(range(len(shares)), key=lambda n: (shares[n], -n), default=None)
    return best if best is not None and shares[best] >= ON_TOPIC else None


def is_on(effect: Effect, said: Said) -> bool:
    """Whether the sentence names enough of the outcome to be read for it."""
    return _share(set(stems(effect.outcome)), said.text) >= ON_TOPIC


def values(effect: Effect, said: Said) -> dict[str, float]:
    """The features of the sentence, each a small number."""
    given, other, outcome = (set(stems(part)) for part in (effect.intervention, effect.comparator, effect.outcome))
    found = {
        "outcome": _share(outcome, said.text),
        "intervention": _share(given, said.text),
        "comparator": _share(other, said.text),
    }
    undesired = float(cue("outcome", "undesired").search(effect.outcome) is not None)
    for name, text in (("clause", _clause(said.text, outcome)), ("sentence", said.text)):
        there = shown(text)
        moves = {(event.axis, event.pole * (-1 if event.negated else 1)) for event in events(text)}
        some = 1.0 - there["none"]
        change, value = (some * (((axis, 1) in moves) - ((axis, -1) in moves)) for axis in ("change", "value"))
        side = _side(text, given - other, other - given)
        found |= {f"{name}_{each}": there[each] for each in _CUES}
        found |= {
            f"{name}_up": some * ((("change", 1)) in moves),
            f"{name}_down": some * ((("change", -1)) in moves),
            f"{name}_change": change,
            f"{name}_change_found": change * there["found"],
            f"{name}_better": value * (1.0 - undesired),
            f"{name}_better_undesired": -value * undesired,
            f"{name}_side": side,
            f"{name}_change_on_side": change * side,
            f"{name}_change_other_side": change * float(side < 0),
            f"{name}_outcome": _share(outcome, text),
        }
    return found


def _clause(text: str, outcome: set[str]) -> str:
    """The clause that names most of the outcome."""
    starts = [0, *(match.start() for match in _CLAUSES.finditer(text))]
    clauses = [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return max(clauses, key=lambda clause: _share(outcome, clause))


def _side(text: str, given: set[str], other: set[str]) -> float:
    """1 where the change is said of what is given, -1 where of what it is compared with, 0 where it cannot be told."""
    listed = words(text)
    than = next((n for n, word in enumerate(listed) if word.text in _THAN), None)
    if than is not None:
        before, after = listed[:than], listed[than : than + 8]
        told = _held(given, before) - _held(other, before) + _held(other, after) - _held(given, after)
        return float((told > 0) - (told < 0))
    place = next((event.place for event in events(text) if event.axis == "change"), None)
    if place is None:
        return 0.0
    ours, theirs = (min((abs(n - place) for n, word in enumerate(listed) if word.stem in side), default=NEAR) for side in (given, other))  # fmt: skip
    return float((theirs > ours) - (theirs < ours))


def _held(wanted: set[str], listed: Sequence[Word]) -> float:
    return len(wanted & {word.stem for word in listed}) / max(1, len(wanted))


def _share(wanted: set[str], text: str) -> float:
    return len(wanted & set(stems(text))) / max(1, len(wanted))
