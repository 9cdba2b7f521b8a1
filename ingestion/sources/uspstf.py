"""USPSTF recommendation statements as the Prevention TaskForce API gives them out, all in one JSON file.

Fields: https://www.uspreventiveservicestaskforce.org/apps/api.jsp, sent out with the key. `generalRecommendations` are the statements, by number;
`specificRecommendations` are what a statement recommends, each to one population and with its grade. One statement is one document; each of its
recommendations is a section under the population's name, with the grade's letter. Fields of HTML are read as web pages are. Raised numbers
that point to the list of references, which the API does not give, are left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from indexes.passage import Role
from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.guideline import Block, Metadata, build_document
from ingestion.sources.html_blocks import html_blocks
from ingestion.sources.json_values import Json, json_values, object_at, objects_at, string_at, strings_at

_MEND = "fetch the whole data set from the API again, without filters"
_PAGE = "https://www.uspreventiveservicestaskforce.org/uspstf/recommendation/"
_LARGEST_FIELD = 4_000_000  # characters of HTML; the longest there is has 40,000
_LONGEST_HEADING = 500
_KEYS = re.compile(rb'"(?:specificRecommendations|generalRecommendations)"\s*:')
_ALIAS = re.compile(r"[a-z0-9][a-z0-9-]{0,200}", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_GRADE = re.compile(r"[A-Z][A-Z0-9+-]{0,3}")
_SEXES = {"men and women": "ALL", "female": "FEMALE", "male": "MALE"}
_NO_UPPER_AGE = 99  # the API's greatest age (100 in some data) says that there is no limit
# A raised list of numbers. After a unit or a ten a single one is a power.
_RAISED_NUMBERS = re.compile(r"([^<>]{0,8})<sup>\s*(\d[\d\s,;–-]{0,60})</sup>")
_POWER_BEFORE = re.compile(r"(?:\b[cdkmµ]?m|\b10)$")
# The fields of a statement in the order of its web page, the heading where the field has none, and what they are.
_FIELDS = (
    ("pathwayToBenefit", "Pathway to Benefit", Role.BODY),
    ("rationale", "Rationale", Role.BACKGROUND),
    ("clinical", "Clinical Considerations", Role.BODY),
    ("discussion", "Discussion", Role.BACKGROUND),
    ("other", "Other Considerations", Role.BODY),
)
_ASSESSMENT = re.compile(r"\bUSPSTF assessment\b|\bnet benefit\b", re.IGNORECASE)


class UspstfStatements:
    """The parser of the Prevention TaskForce API's JSON."""

    name = "USPSTF JSON (Prevention TaskForce API)"
    kind = "guideline"
    version = 3
    suffixes: tuple[str, ...] = ()  # a JSON file that is not recognised is not meant by `--kind guideline`

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins as an answer of the API."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and _KEYS.search(head) is not None

    def parse(self, path: Path) -> Iterator[Item]:
        """A document for each statement, in file order, and problems.

        Raises what `json_values` raises, and `SourceError` where the statements that the recommendations belong to are not in the file.
        """
        for item in json_values(path, _MEND):
            if isinstance(item, Problem):
                yield item
            else:
                yield from _statements(path, item[1])


def _statements(path: Path, answer: Any) -> Iterator[Document | Problem]:
    statements = object_at(answer, "generalRecommendations")
    if not statements:
        raise SourceError(
            f"{path}: holds recommendations without the statements they belong to (no generalRecommendations), so without "
            f"year and reasons; {_MEND}"
        )
    by_statement: dict[str, list[Json]] = defaultdict(list)
    for number, recommendation in enumerate(objects_at(answer, "specificRecommendations"), 1):
        name, of = _named(recommendation, number), _text_of(recommendation.get("general"))
        if of not in statements:
            yield Problem(name, f"belongs to the statement {of[:40]!r}, which is not in the file", _MEND)
        elif not _line(string_at(recommendation, "text")):
            yield Problem(name, "has no text", _MEND)
        else:
            by_statement[of].append(recommendation)
    risks = {key: string_at(object_at(risk), "name") for key, risk in object_at(answer, "risks").items()}
    for key, statement in statements.items():
        yield _document(path, key, object_at(statement), by_statement.get(key, []), risks)


def _document(
    path: Path, key: str, statement: Json, recommendations: Sequence[Json], risks: dict[str, str]
) -> Document | Problem:
    name = f"statement {key[:40]}"
    title, alias = _line(string_at(statement, "title")), string_at(statement, "uspstfAlias").strip()
    if not title:
        return Problem(name, "has no title", _MEND)
    if not recommendations:
        return Problem(name, f"{title}: nothing in the file is recommended by it", _MEND)
    if any(len(string_at(statement, field)) > _LARGEST_FIELD for field, _, _ in _FIELDS):
        return Problem(name, f"{title}: a field is longer than {_LARGEST_FIELD:,} characters", _MEND)
    date = string_at(statement, "pubDate").strip()
    year = statement.get("topicYear")
    known = _ALIAS.fullmatch(alias) is not None
    meta = Metadata(
        title=title,
        publisher="USPSTF",
        slug=alias if known else "",
        year=_year(_text_of(year)),
        date=date if _DATE.fullmatch(date) else None,
        url=f"{_PAGE}{alias}" if known else "",
        language="en",
        attributes=_attributes(statement, recommendations, risks),
    )
    try:
        return build_document(path, meta, _blocks(statement, recommendations))
    except SourceError as error:  # a statement whose HTML shows nothing
        return Problem(name, f"{title}: {error}", _MEND)


def _blocks(statement: Json, recommendations: Sequence[Json]) -> Iterator[Block]:
    yield Block("Recommendation" if len(recommendations) == 1 else "Recommendations", 2)
    for recommendation in recommendations:
        grade = string_at(recommendation, "grade").strip()
        population = _population(recommendation)
        yield Block(population or "Population not named", 3)
        text = "\n".join(block.text for block in _read(string_at(recommendation, "text")))
        yield Block(
            text,
            role=Role.RECOMMENDATION,
            grade=grade if _GRADE.fullmatch(grade) else None,
            population=population or None,
        )
        for field, heading in (("servFreq", "Frequency of service"), ("riskText", "Risk")):
            blocks = [block for block in _read(string_at(recommendation, field)) if block.level is None]
            if blocks:
                yield Block(heading, 4)
                yield from (Block(block.text, role=Role.BODY) for block in blocks)
    fallback = {} if string_at(statement, "rationale") else recommendations[0]
    for field, heading, role in _FIELDS:
        markup = string_at(statement, field) or (string_at(fallback, field) if field == "rationale" else "")
        blocks = _read(markup)
        if blocks and blocks[0].level is None:
            yield Block(heading, 2)
        current = role
        for block in blocks:
            if block.level is not None:
                assessed = role is Role.BACKGROUND and _ASSESSMENT.search(block.text)
                current = Role.CONCLUSION if assessed else role
                yield block
            else:
                yield Block(block.text, role=current)


def _attributes(statement: Json, recommendations: Sequence[Json], risks: dict[str, str]) -> Json:
    """Whom the statement's recommendations are for, each and all together in the words that trials use; what it is filed under."""
    each = []
    for recommendation in recommendations:
        low, high = _ages(recommendation)
        values = {
            "grade": string_at(recommendation, "grade").strip(),
            "population": _population(recommendation),
            "sex": _SEXES.get(string_at(recommendation, "sex").lower(), ""),
            "minimum_age": f"{low} Years" if low else "",
            "maximum_age": f"{high} Years" if high else "",
            "risks": [risks[risk] for risk in strings_at(recommendation, "risk") if risks.get(risk)],
        }
        each.append({name: value for name, value in values.items() if value})
    ages = [_ages(recommendation) for recommendation in recommendations]
    lowest, highest = min(low or 0 for low, _ in ages), max(high or _NO_UPPER_AGE for _, high in ages)
    sexes = {values.get("sex", "ALL") for values in each}
    together: Json = {
        "recommendations": each,
        "sex": str(sexes.pop()) if len(sexes) == 1 else "ALL",
        "minimum_age": f"{lowest} Years" if lowest else "",
        "maximum_age": f"{highest} Years" if highest < _NO_UPPER_AGE else "",
        "topic": _line(string_at(statement, "topic")),
        "topic_type": string_at(statement, "topicType").strip(),
        "keywords": [word for part in string_at(statement, "keywords").split("|") if (word := " ".join(part.split()))],
    }
    return {name: value for name, value in together.items() if value}


def _ages(recommendation: Json) -> tuple[int | None, int | None]:
    """The least and the greatest age in years; `None` where there is no limit."""
    ages = recommendation.get("ageRange")
    if not isinstance(ages, list) or len(ages) != 2 or not all(type(age) is int and 0 <= age < 200 for age in ages):
        return None, None
    low, high = ages
    return low or None, high if high < _NO_UPPER_AGE else None


def _population(recommendation: Json) -> str:
    """What a recommendation's title says after the statement's: "Cervical Cancer: Screening -- Women aged 21 to 65 years"."""
    title = _line(string_at(recommendation, "title"))
    return (title.partition(" -- ")[2].strip() or title)[:_LONGEST_HEADING]


def _named(recommendation: Json, number: int) -> str:
    written = _text_of(recommendation.get("id"))
    return f"recommendation {written[:40]}" if written else f"recommendation no. {number} of the file"


def _text_of(value: object) -> str:
    """A number or a text as text: the API gives some identifiers as either."""
    return str(value) if type(value) is int else value.strip() if isinstance(value, str) else ""


def _year(written: str) -> int | None:
    return int(written) if re.fullmatch(r"(?:19|20)\d\d", written) else None


def _read(markup: str) -> list[Block]:
    if not markup.strip():
        return []
    # In an element of its own, so that it is read as HTML, with its entities, even where it has no tags.
    return html_blocks(f"<div>{_RAISED_NUMBERS.sub(_without_reference, markup)}</div>")


def _without_reference(match: re.Match[str]) -> str:
    power = match[2].strip().isdecimal() and _POWER_BEFORE.search(match[1])
    return match[0] if power else match[1]


def _line(markup: str) -> str:
    return " ".join(block.text for block in _read(markup))
