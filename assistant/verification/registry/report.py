"""A trial's posted report as arms with their figures: adverse events, outcome measures, interventions.

Two layouts are read: the tables that `ingestion.sources.trials_results` makes, and ClinicalTrials.gov's own page as text, arm after arm
("Adverse Events 1:", "Results 2:", "INTERVENTION 1:"), of one trial or of two ("Primary trial:", "Secondary trial:").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

CELLS = " | "
_TRIAL = re.compile(r"(primary|secondary) trial:", re.IGNORECASE)
_ARM = re.compile(r"(adverse events|results|intervention) (\d{1,3}):", re.IGNORECASE)
_TITLES = "Arm/Group Title"
_ANALYSED, _UNIT = re.compile(r"Overall Number of \w+ Analyzed:\s*(\d{1,9})"), "Unit of Measure:"
_AFFECTED = re.compile(r"(?P<name>.*?)\s*(?P<affected>\d{1,9})/(?P<risk>\d{1,9})\s*(?:\(\s*(?P<percent>[\d.]+)\s*%\))?")
_MARKS = re.compile(r"[*†‡]|\[\d+\]")
_VALUE = re.compile(
    r"(?P<name>.*?)(?:^|[:\s]\s*)(?P<value>-?\d[\d,]*(?:\.\d+)?)\s*(?:\[\d+\])?\s*(?P<spread>\([^)]*\))?\s*(?:[\d.]+%)?"
)
_LIMITS = re.compile(r"(-?\d[\d,.]*|NA)\s*(?:to|-|,)\s*(-?\d[\d,.]*|NA)")
_CLOSE = 0.06  # per cent points by which a printed percentage may differ from its fraction


@dataclass(frozen=True, slots=True)
class Count:
    """How many people of how many."""

    affected: int
    at_risk: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value with what it is of and the limits of its interval or range, where both are given."""

    name: str
    value: float
    limits: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """A group of a trial, the same only as itself. `trial` is `primary`, the only one where there is but one, or `secondary`."""

    trial: str
    number: int
    title: str = ""
    text: str = ""
    total: Count | None = None
    events: Mapping[str, Count] = field(default_factory=dict)
    analysed: int = 0
    unit: str = ""
    figures: tuple[Figure, ...] = ()

    @property
    def at_risk(self) -> int:
        """How many people could have had an event; 0 where nothing says so."""
        return self.total.at_risk if self.total else next((each.at_risk for each in self.events.values()), 0)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The arms of one text. `measure` is the outcome measure's title.

    `whole`: it has all that is listed of its trials. A passage with a table may be a part of it, and other tables may stand beside it (serious events
    and others): what is not in it may be elsewhere.
    """

    arms: tuple[Arm, ...]
    measure: str = ""
    whole: bool = True

    @property
    def counts_events(self) -> bool:
        """Whether it is a table of adverse events."""
        return any(arm.events or arm.total for arm in self.arms)

    @property
    def measures(self) -> bool:
        """Whether it is a table of an outcome measure."""
        return any(arm.figures for arm in self.arms)

    @property
    def event_names(self) -> tuple[str, ...]:
        """All events of all arms, in small letters."""
        return tuple(sorted({name for arm in self.arms for name in arm.events}))


@lru_cache(maxsize=1024)
def read_report(text: str) -> Report | None:
    """The report that a text is, or `None` where it is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(_ARM.fullmatch(line) or _TRIAL.fullmatch(line) for line in lines):
        return _page(lines)
    return _table(lines) if any(line.startswith(_TITLES + CELLS) for line in lines) else None


def header_of(passage: str) -> str:
    """The line of a table in the passage that names its arms; empty where there is none."""
    return next((line for line in passage.splitlines() if line.startswith(_TITLES + CELLS)), "")


def _page(lines: Sequence[str]) -> Report | None:
    trial, measure, arms = "primary", "", list[Arm]()
    block: list[str] = []
    number, kind = 1, ""
    after_heading = False

    def close() -> None:
        if block:
            arms.append(_arm(trial, number, kind, block))
        block.clear()

    for line in lines:
        if started := _TRIAL.fullmatch(line):
            close()
            trial, number, kind = started[1].lower(), 1, ""
        elif started := _ARM.fullmatch(line):
            if kind:  # what stands before the first arm is about all
                close()
            block.clear()
            kind, number = started[1].lower(), int(started[2])
        else:
            if after_heading and not measure:
                measure = line
            after_heading = line.startswith("Outcome Measurement")
            block.append(line)
    close()
    return Report(tuple(arms), measure) if arms else None


def _arm(trial: str, number: int, kind: str, lines: Sequence[str]) -> Arm:
    arm = Arm(trial, number, text="\n".join(lines))
    if kind == "adverse events":
        found = [match for line in lines if (match := _AFFECTED.fullmatch(line))]
        named = [(_name(match["name"]), _count(match)) for match in found]
        totals = [count for name, count in named if name == "total"]
        return replace(arm, total=totals[0] if totals else None, events=_summed(named))
    if kind == "results":
        return replace(arm, **_measured(lines))  # type: ignore[arg-type]
    return arm


def _name(label: str) -> str:
    return " ".join(_MARKS.sub(" ", label).split()).strip(" :,").lower()


def _summed(named: Sequence[tuple[str, Count]]) -> dict[str, Count]:
    """An event listed under two organ systems is counted under both."""
    events: dict[str, Count] = {}
    for name, count in named:
        if name != "total":
            known = events.get(name)
            events[name] = Count(known.affected + count.affected, count.at_risk) if known else count
    return events


def _count(match: re.Match[str]) -> Count:
    """The count; digits of a footnote's mark that stand before it are told by the percentage: "21/284 (0.35%)" is mark 2 and 1 of 284."""
    affected, risk = match["affected"], int(match["risk"])
    if match["percent"] and risk:
        for start in range(len(affected)):
            if abs(100 * int(affected[start:]) / risk - float(match["percent"])) < _CLOSE:
                return Count(int(affected[start:]), risk)
    return Count(int(affected), risk)


def _measured(lines: Sequence[str]) -> dict[str, object]:
    title = next((line.partition(":")[2].strip() for line in lines if line.startswith(_TITLES)), "")
    analysed = next((int(match[1]) for line in lines if (match := _ANALYSED.match(line))), 0)
    at = next((place for place, line in enumerate(lines) if line.startswith(_UNIT)), None)
    if at is None:
        return {"title": title, "analysed": analysed}
    unit, first = _unit_and_first(lines[at].removeprefix(_UNIT).strip())
    return {"title": title, "analysed": analysed, "unit": unit, "figures": tuple(_figures([first, *lines[at + 1 :]]))}


def _unit_and_first(text: str) -> tuple[str, str]:
    """A unit, and the first figure that stands after it."""
    parts = re.split(r"\s{2,}|(?<=\S)\s+(?=-?\d[\d.]*\s*(?:\[|\(|$))", text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _figures(rows: Sequence[str]) -> Iterator[Figure]:
    waiting = ""
    for row in rows:
        if re.fullmatch(r".*:\s*\d+ participants", row):  # a row of its own, its value in the next line
            waiting = row.partition(":")[0]
        elif match := _VALUE.fullmatch(row):
            yield Figure(
                match["name"].strip(" :") or waiting, float(match["value"].replace(",", "")), _limits(match["spread"])
            )
            waiting = ""


def _limits(spread: str | None) -> tuple[float, float] | None:
    match = _LIMITS.search(spread or "")
    if not match or "NA" in match.groups():
        return None
    low, high = (float(each.replace(",", "").rstrip(".")) for each in match.groups())
    return low, high


def _table(lines: Sequence[str]) -> Report | None:
    """A table as `trials_results` writes it: arms side by side. Of counts only rows that give one for every arm are read: a blank is no zero."""
    head = next(line for line in lines if line.startswith(_TITLES + CELLS)).split(CELLS)[1:]
    rows = [
        line.split(CELLS)
        for line in lines
        if CELLS in line and not line.startswith((_TITLES + CELLS, "Time Frame" + CELLS))
    ]
    rows = [row for row in rows if len(row) == len(head) + 1]
    if counted := [row for row in rows if all(_AFFECTED.fullmatch(cell) for cell in row[1:])]:
        rows = counted
    arms = []
    for place, title in enumerate(head):
        cells = [(row[0], row[place + 1]) for row in rows]
        counts = [(_name(name), _count(match)) for name, cell in cells if (match := _AFFECTED.fullmatch(cell))]
        figures = tuple(figure for name, cell in cells for figure in _cell(name, cell))
        arm = Arm("primary", place + 1, title, "\n".join(f"{name}: {cell}" for name, cell in cells))
        if counts:
            arms.append(replace(arm, events=_summed(counts)))
        else:
            people = [each for each in figures if each.name.lower() in {"participants", "analysed", "analyzed"}]
            rest = tuple(each for each in figures if each not in people)
            arms.append(replace(arm, figures=rest, analysed=int(people[0].value) if people else 0))
    return Report(tuple(arms), whole=False) if arms else None


def _cell(name: str, cell: str) -> Iterator[Figure]:
    match = _VALUE.fullmatch(cell)
    if match and not match["name"]:
        yield Figure(name, float(match["value"].replace(",", "")), _limits(match["spread"]))
