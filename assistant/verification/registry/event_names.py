"""Which rows of a table of adverse events a claim means: their own names, words of them, or what people call them (`event_names.txt`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from assistant.verification.registry.frames import frame
from assistant.verification.wordlists import choices
from assistant.verification.words import Word, stems, words

_BETWEEN = re.compile(r"[\s\-/]*(?:of|the|in|to|a|for)?[\s\-/]*")
_LABEL_END = re.compile(r"\(.*?\)|,.*$")
_AROUND = 12  # characters around a run of words in which a known name may begin and end
_SHORT_PART = 4  # letters up to which a part must begin a word
_TELLING = 5  # letters from which one shared word of several is enough to mean a row, not surely


@dataclass(frozen=True, slots=True)
class Named:
    """Words of a claim that name events, where they stand, and the rows they mean, if any. `surely`: by a name that rows have."""

    start: int
    end: int
    rows: frozenset[str]
    surely: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """What a text names. `unknown`: it has other words that may name an event."""

    found: tuple[Named, ...]
    unknown: bool

    @property
    def rows(self) -> frozenset[str]:
        """All rows that are meant."""
        return frozenset().union(*(each.rows for each in self.found))

    @property
    def exact(self) -> bool:
        """Whether nothing was left over or only guessed."""
        return bool(self.found) and not self.unknown and all(each.surely for each in self.found)


@dataclass(frozen=True, slots=True)
class _Known:
    name: re.Pattern[str]
    parts: tuple[re.Pattern[str], ...]
    kind: bool


def names(text: str, rows: Sequence[str], arms: frozenset[str] = frozenset()) -> Names:
    """The events that the text names, in order. `arms` are words that name arms and so no event, unless a whole row stands there."""
    low = text.lower()
    found = list(_verbatim(low, rows))
    taken = [(each.start, each.end) for each in found]
    row_stems = {row: frozenset(stems(row)) for row in rows}
    unknown = False
    for run in _runs(text, taken, arms):
        meant = _meant(low, run, row_stems)
        if meant is None:
            unknown = True
        else:
            found.append(meant)
    return Names(tuple(sorted(found, key=lambda each: each.start)), unknown)


def _verbatim(low: str, rows: Sequence[str]) -> Iterator[Named]:
    """Rows whose whole name stands in the text, with or without what its brackets or commas add; the longest first."""
    taken: list[tuple[int, int]] = []
    for row in sorted(rows, key=lambda each: (-len(each), each)):
        plain = _LABEL_END.sub("", row).strip()
        alike = frozenset(other for other in rows if other == row or _LABEL_END.sub("", other).strip() == plain)
        for form in dict.fromkeys((row, plain)):
            if len(form) < 3 or not all(word in low for word in form.split()):
                continue
            pattern = re.escape(form).replace(r"\ ", r"[\s-]+")
            for match in re.finditer(rf"(?<![\w-]){pattern}(?:s|es)?(?!\w)", low):
                if all(match.end() <= start or match.start() >= end for start, end in taken):
                    taken.append(match.span())
                    yield Named(*match.span(), alike)


def _runs(text: str, taken: Sequence[tuple[int, int]], arms: frozenset[str]) -> Iterator[list[Word]]:
    """Words that stand together and may name an event."""
    run: list[Word] = []
    for word in words(text):
        names_something = (
            word.content
            and word.text not in frame("events")
            and word.text not in arms
            and word.stem not in frame("events")
            and not word.text[0].isdigit()
            and all(word.end <= start or word.start >= end for start, end in taken)
        )
        if run and not (names_something and _BETWEEN.fullmatch(text[run[-1].end : word.start])):
            yield run
            run = []
        if names_something:
            run.append(word)
    if run:
        yield run


def _meant(low: str, run: Sequence[Word], rows: dict[str, frozenset[str]]) -> Named | None:
    start, end = run[0].start, run[-1].end
    own = {word.stem for word in run}
    meant = frozenset(row for row, has in rows.items() if own <= has) or frozenset(
        row for row, has in rows.items() if has and has <= own
    )
    known = next((each for each in _known() if _stands(each.name, low, start, end)), None)
    if known:
        by_name = frozenset(row for row in rows if any(part.search(row) for part in known.parts))
        if not meant or (known.kind and len(run) == 1):
            meant |= by_name
        return Named(start, end, meant, surely=bool(meant))
    if meant:
        return Named(start, end, meant)
    near = frozenset(row for row, has in rows.items() if any(len(stem) >= _TELLING for stem in own & has))
    return Named(start, end, near, surely=False) if near and 1 < len(run) <= 3 else None


def _stands(name: re.Pattern[str], low: str, start: int, end: int) -> bool:
    """Whether the name is in the run of words from `start` to `end`, or reaches into it."""
    around = name.finditer(low, max(0, start - _AROUND), end + _AROUND)
    return any(match.start() < end and match.end() > start for match in around)


@lru_cache(maxsize=1)
def _known() -> tuple[_Known, ...]:
    """The longest name first."""
    text = files(__package__).joinpath("event_names.txt").read_text(encoding="utf-8")
    found: list[tuple[int, _Known]] = []
    kind = False
    for line in text.splitlines():
        if line.startswith("["):
            kind = line == "[kinds]"
        elif " = " in line:
            calls, parts = line.split(" = ")
            held = tuple(_part(part) for part in choices(parts))
            found += [
                (len(call), _Known(re.compile(rf"(?<![\w-]){re.escape(call)}(?!\w)"), held, kind))
                for call in choices(calls)
            ]
    return tuple(known for _, known in sorted(found, key=lambda each: -each[0]))


def _part(part: str) -> re.Pattern[str]:
    text = re.escape(part.replace("_", " "))
    return re.compile(rf"(?<![a-z]){text}" if len(part) <= _SHORT_PART else text)
