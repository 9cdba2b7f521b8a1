"""Results that a study has posted, as sections: what was measured in words, and its figures as tables, a row a line, cells joined by ` | `.

Fields: https://clinicaltrials.gov/data-api/about-api/study-data-structure#resultsSection. Figures stay as they are given. A cell holds what
the registry's page shows in it ("5.2 (1.1)", "12/97"), a row begins with what that page calls it. A long table is several, each under its heads:
a reader of a part has to see whose figures these are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from indexes.passage import Role
from ingestion.document import TextBuilder
from ingestion.sources.json_values import Json, object_at, objects_at, string_at

_CELLS = " | "
_HEADING = "Results"
_GROUPS = "Arm/Group Title"
_ROWS = 500  # characters of rows under one head, more where the head is longer: with title and path that is about what an embedder reads


def add_results(builder: TextBuilder, results: Json) -> None:
    """Append the outcome measures, then the adverse events."""
    for outcome in objects_at(object_at(results, "outcomeMeasuresModule"), "outcomeMeasures"):
        title = string_at(outcome, "title")
        path = _path(_HEADING, title)
        builder.add(title, Role.RESULT, (_HEADING,))
        builder.add(string_at(outcome, "description"), Role.RESULT, path)
        builder.add(string_at(outcome, "populationDescription"), Role.RESULT, (*path, "Analysis population"))
        for table in _measured(outcome):
            builder.add(table, Role.RESULT, _path(*path, _unit(outcome)))
        for analysis in objects_at(outcome, "analyses"):
            compared = ", ".join(_titles(outcome, "groups", analysis.get("groupIds")))
            builder.add("\n".join(_analysed(analysis)), Role.RESULT, _path(*path, f"Analysis of {compared}"))
    events = object_at(results, "adverseEventsModule")
    heading = "Adverse events"
    builder.add(string_at(events, "description"), Role.RESULT, (heading,))
    builder.add(string_at(events, "timeFrame"), Role.RESULT, (heading, "Time frame"))
    for name, which in (("seriousEvents", "Serious"), ("otherEvents", "Other")):
        for table in _events(events, name):
            builder.add(table, Role.RESULT, (heading, which, "Affected/at risk"))


def _unit(outcome: Json) -> str:
    """What the figures are: "Mean (Standard Deviation), mmHg"."""
    spread = string_at(outcome, "dispersionType")
    kind = string_at(outcome, "paramType").replace("_", " ").capitalize() + (f" ({spread})" if spread else "")
    return ", ".join(filter(None, (kind, string_at(outcome, "unitOfMeasure"))))


def _measured(outcome: Json) -> Iterator[str]:
    """The tables of an outcome measure: when, its groups, how many were analysed, then a row for each class and category."""
    groups = [string_at(group, "id") for group in objects_at(outcome, "groups")]
    rows = [
        (string_at(part, "title"), string_at(category, "title"), objects_at(category, "measurements"))
        for part in objects_at(outcome, "classes")
        for category in objects_at(part, "categories")
    ]
    if not any(measurements for *_, measurements in rows):
        return
    when = string_at(outcome, "timeFrame")
    heads = [_row("Time Frame", [when])] if when else []
    heads.append(_row(_GROUPS, _titles(outcome, "groups", groups)))
    for denominator in objects_at(outcome, "denoms"):
        counts = {string_at(item, "groupId"): string_at(item, "value") for item in objects_at(denominator, "counts")}
        heads.append(_row(string_at(denominator, "units"), [counts.get(group, "") for group in groups]))
    yield from _tables(heads, (_measured_row(outcome, groups, *row) for row in rows))


def _measured_row(outcome: Json, groups: Sequence[str], part: str, category: str, measurements: Sequence[Json]) -> str:
    label = ", ".join(filter(None, (part, category))) or string_at(outcome, "unitOfMeasure")
    values = {string_at(item, "groupId"): _value(item) for item in measurements}
    return _row(label, [values.get(group, "") for group in groups])


def _value(measurement: Json) -> str:
    """A figure with its spread, or with its limits."""
    value, spread = string_at(measurement, "value"), string_at(measurement, "spread")
    lower, upper = string_at(measurement, "lowerLimit"), string_at(measurement, "upperLimit")
    if lower or upper:
        return f"{value} ({lower} to {upper})"
    return f"{value} ({spread})" if spread else value


def _analysed(analysis: Json) -> Iterator[str]:
    """A comparison of groups: a row for each of its figures."""
    lower, upper = string_at(analysis, "ciLowerLimit"), string_at(analysis, "ciUpperLimit")
    interval = f"{lower} to {upper}" if lower and upper else lower or upper
    yield from (
        f"{label}{_CELLS}{value}"
        for label, value in (
            ("P-Value", string_at(analysis, "pValue")),
            ("Method", string_at(analysis, "statisticalMethod")),
            (string_at(analysis, "paramType") or "Estimate", string_at(analysis, "paramValue")),
            (f"Confidence Interval {string_at(analysis, 'ciPctValue')}%", interval),
            ("Comment", string_at(analysis, "groupDescription")),
        )
        if value
    )


def _events(events: Json, name: str) -> Iterator[str]:
    """The tables of adverse events: the groups, then a row for each event."""
    groups = [string_at(group, "id") for group in objects_at(events, "eventGroups")]
    counts = (
        (event, {string_at(item, "groupId"): _affected(item) for item in objects_at(event, "stats")})
        for event in objects_at(events, name)
    )
    return _tables(
        [_row(_GROUPS, _titles(events, "eventGroups", groups))],
        (_row(string_at(event, "term"), [affected.get(group, "") for group in groups]) for event, affected in counts),
    )


def _affected(count: Json) -> str:
    affected, risk = count.get("numAffected"), count.get("numAtRisk")
    return f"{affected}/{risk}" if type(affected) is int and type(risk) is int else ""


def _titles(holder: Json, name: str, identifiers: object) -> list[str]:
    """The titles of these groups."""
    titles = {string_at(group, "id"): string_at(group, "title") for group in objects_at(holder, name)}
    wanted = identifiers if isinstance(identifiers, list) else []
    return [titles.get(identifier, "") for identifier in wanted if isinstance(identifier, str)]


def _tables(heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    """The rows, so many at a time, under the heads; nothing where there are no rows."""
    most = max(_ROWS, sum(map(len, heads)))
    table, size = list(heads), 0
    for row in rows:
        if size and size + len(row) > most:
            yield "\n".join(table)
            table, size = list(heads), 0
        table.append(row)
        size += len(row)
    if size:
        yield "\n".join(table)


def _row(label: str, cells: list[str]) -> str:
    """A line of a table; line ends within its cells are layout."""
    return _CELLS.join(" ".join(cell.split()) for cell in (label, *cells))


def _path(*steps: str) -> tuple[str, ...]:
    return tuple(" ".join(step.split()) for step in steps if step.strip())
