"""What the guideline parsers share: blocks in reading order become sections, and metadata with its fall-backs becomes a `Document`."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from indexes.passage import Kind, Role, Status
from ingestion.document import Document, TextBuilder, printable
from ingestion.errors import SourceError
from ingestion.sources.grading import graded
from ingestion.sources.population import population_of
from ingestion.sources.recommendations import classify, grade_of

# Left out with everything below them: they hold names of other works and places in this one, not statements to cite.
_SKIPPED = re.compile(
    r"^(?:[\dA-Z.]{1,6} )?(?:references?(?: list| cited|\d{1,2})?|bibliography|(?:literature|works) cited|"
    r"(?:table of )?contents|list of (?:tables|figures)|index)[.:]?$",
    re.IGNORECASE,
)
_CERTAINTY_COLUMN = re.compile(
    r"^(?:(?:level|certainty|quality)(?: of (?:the )?evidence)?|LOE)(?: \(\w+\))?$", re.IGNORECASE
)
_GRADE_COLUMN = re.compile(r"^(?:grade|strength|class|COR)(?: of (?:the )?recommendations?)?\b.{0,20}$", re.IGNORECASE)
_POPULATION_COLUMN = re.compile(
    r"^(?:(?:target|patient|study) )?(?:populations?|groups?)$|^(?:patients?|for whom|who)$", re.IGNORECASE
)
_RULE_ID = re.compile(r"^rule ID$", re.IGNORECASE)
NO_PART_OF_A_RULE = re.compile(r"references?(?:\(s\))?(?: ?/ ?source)?|sources?|output type", re.IGNORECASE)
"""Headers of a decision table's columns that say nothing about whom to do what."""
DASHES = frozenset("-–—")
"""What a cell of a decision table says where a rule sets no condition."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# Titles that a program wrote, not an author: file names, "Microsoft Word - draft3".
_NO_TITLE = re.compile(
    r"\.(?:indd|docx?|pdf|pptx?|qxd|rtf)\b|^(?:microsoft|untitled|title|document\d*|slide ?\d*|powerpoint)\b|^\W*$|_",
    re.IGNORECASE,
)
# A mark over a whole document, not "a draft resolution" in a title.
_DRAFT = re.compile(
    r"^\W*draft\b|[(\[:–—-] ?(?:\w+ ){0,2}draft(?: (?:for|version|v?\d)[^)\]]{0,40})?[)\]]?$", re.IGNORECASE
)
# Long names that readers and front matter abbreviate; one publisher must have one slug.
_PUBLISHERS = {
    "world health organization": "WHO",
    "us preventive services task force": "USPSTF",
    "u.s. preventive services task force": "USPSTF",
    "united states preventive services task force": "USPSTF",
    "centers for disease control and prevention": "CDC",
    "national institute for health and care excellence": "NICE",
    "american heart association": "AHA",
    "american diabetes association": "ADA",
}


@dataclass(frozen=True, slots=True)
class Block:
    """One heading (`level` 1 is the highest), paragraph, list item, table or table row.

    `grade` and `population` are printed beside the text, such as in a column. `role` is set where the source itself says what the text is, so that
    nothing is guessed from headings and wording.
    """

    text: str
    level: int | None = None
    page: int | None = None
    grade: str | None = None
    role: Role | None = None
    population: str | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a guideline says of itself; empty where it says nothing."""

    title: str = ""
    publisher: str = ""
    slug: str = ""
    version: str = ""
    date: str | None = None
    year: int | None = None
    url: str = ""
    language: str = ""
    licence: str = ""
    status: Status = Status.CURRENT
    superseded_by: str | None = None
    authors: tuple[str, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


def slugify(text: str, limit: int = 80) -> str:
    """Lower-case ASCII words joined by hyphens, cut at a word near `limit`; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug if len(slug) <= limit else slug[: limit + 1].rsplit("-", 1)[0][:limit]


def year_in(text: str) -> int | None:
    """The first year from 1900 to 2099 in `text`."""
    return int(match[0]) if (match := _YEAR.search(text)) else None


def program_title(title: str) -> bool:
    """Whether a file's own title says nothing: it is empty, or a program wrote it."""
    return not title or _NO_TITLE.search(title) is not None


def says_draft(mark: str) -> bool:
    """Whether a title or a watermark says plainly that the whole document is a draft."""
    return _DRAFT.search(" ".join(mark.split())) is not None


def short_publisher(name: str) -> str:
    """A publisher's usual abbreviation where there is one, else the name as given."""
    return _PUBLISHERS.get(" ".join(name.split()).casefold(), name.strip())


def publisher_named_in(text: str) -> str:
    """The known publisher that `text` names most often, in full or abbreviated; empty where it names none."""
    flat = " ".join(text.split())
    counts: Counter[str] = Counter()
    for long, short in _PUBLISHERS.items():
        counts[short] += flat.casefold().count(long)
    for short in set(_PUBLISHERS.values()):
        counts[short] += len(re.findall(rf"\b{short}\b", flat))
    best, count = counts.most_common(1)[0]
    return best if count else ""


def read_bytes(path: Path, limit: int, what: str) -> bytes:
    """The file's bytes. Raises `SourceError` where it is missing, empty, unreadable or larger than `limit`."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise SourceError(f"{path}: {size:,} bytes is more than the {limit:,} allowed for {what}; split the file.")
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.") from error
    if not data.strip():
        raise SourceError(f"{path}: the file is empty; fetch it again from its publisher.")
    return data


def web_url(url: str) -> str:
    """`url` where a reader may be sent there: http or https with a host, never `javascript:`; else empty."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return url.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def table_blocks(rows: list[list[str]]) -> list[Block]:
    """A table as text: cells joined by " | ". One block for all, so that rows keep their header; a row each where a column holds grades, and a
    line each of a row whose lines each print one.

    In a decision table (its first column is headed "Rule ID") each row is a recommendation, as in `decision_tables`: without the cells that
    only say "no condition", and without its references.
    """
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if rows and rows[0] and _RULE_ID.match(rows[0][0]):
        said = [i for i, name in enumerate(rows[0]) if not NO_PART_OF_A_RULE.fullmatch(name)]
        rules = [[row[i] for i in said if i < len(row) and row[i] and row[i] not in DASHES] for row in rows[1:]]
        return [
            Block(" | ".join(rule), role=Role.RECOMMENDATION if len(rule) > 2 else Role.BODY) for rule in rules if rule
        ]
    lines = [" | ".join(cell for cell in row if cell) for row in rows]
    columns = grade_columns(rows[0]) if rows else []
    if not columns:
        blocks: list[str] = []
        together: list[str] = []
        for line in lines:
            parts = [part for part in line.split("\n") if part.strip()]
            if len(parts) > 1 and all(map(grade_of, parts)):
                blocks += ["\n".join(together), *parts]
                together = []
            else:
                together.append(line)
        return [Block(block) for block in (*blocks, "\n".join(together)) if block]
    who = population_column(rows[0])
    graded = zip(rows[1:], lines[1:], strict=True)
    return [
        Block(
            line,
            grade=", ".join(row[i] for i in columns if i < len(row) and row[i]) or None,
            population=row[who] if who is not None and who < len(row) and row[who] not in DASHES else None,
        )
        for row, line in graded
    ]


def grade_columns(header: Sequence[str]) -> list[int]:
    """Which columns say how strong a recommendation is and how certain its evidence, in this order; none where none says how strong."""
    strength = next((i for i, cell in enumerate(header) if _GRADE_COLUMN.match(cell)), None)
    certainty = next((i for i, cell in enumerate(header) if i != strength and _CERTAINTY_COLUMN.match(cell)), None)
    return [] if strength is None else [i for i in (strength, certainty) if i is not None]


def population_column(header: Sequence[str]) -> int | None:
    """Which column says whom a recommendation is for."""
    return next((i for i, cell in enumerate(header) if _POPULATION_COLUMN.match(cell)), None)


def build_document(path: Path, meta: Metadata, blocks: Iterable[Block], *, strict: bool = False) -> Document:
    """The document of one guideline file.

    Missing metadata falls back: title to the first heading, then the file's stem; publisher to "local"; slug to the title; version to the year,
    then "undated". `strict` is passed to `classify`. Raises `SourceError` where no text is left.
    """
    blocks = list(blocks)
    title = meta.title or next((block.text for block in blocks if block.level is not None), "") or printable(path.stem)
    publisher = short_publisher(meta.publisher) or "local"
    builder = _sections(blocks, title, publisher, strict)
    if not builder.sections:
        raise SourceError(
            f"{path}: there is no text in it besides headings, contents and references; check that it is the guideline itself."
        )
    year = meta.year or year_in(meta.date or "") or year_in(meta.version)
    version = slugify(meta.version) or (str(year) if year else "undated")
    slug = slugify(meta.slug) or slugify(title) or slugify(path.stem) or "untitled"
    status = Status.SUPERSEDED if meta.superseded_by and meta.status is Status.CURRENT else meta.status
    document = Document(
        document_id=f"guideline:{slugify(publisher) or 'local'}/{slug}@{version}",
        kind=Kind.GUIDELINE,
        title=title,
        text=builder.text,
        sections=tuple(builder.sections),
        url=web_url(meta.url),
        year=year,
        date=meta.date,
        publisher=publisher,
        authors=meta.authors,
        language=meta.language or "en",
        licence=meta.licence,
        identifiers=dict(meta.identifiers),
        status=status,
        superseded_by=meta.superseded_by,
        evidence_level="guideline",
        attributes=dict(meta.attributes),
    )
    return graded(document)


def without_lists_of_works(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks without references, contents and index: each with its heading and what is below it."""
    skipping: int | None = None
    for block in blocks:
        if block.level is not None and (skipping is None or block.level <= skipping):
            skipping = block.level if _SKIPPED.match(block.text) else None
        if skipping is None:
            yield block


def _sections(blocks: Iterable[Block], title: str, publisher: str, strict: bool) -> TextBuilder:
    """Headings become paths (the title itself is left out of them), everything else a section each."""
    builder = TextBuilder()
    stack: list[tuple[int, str]] = []
    for block in without_lists_of_works(blocks):
        if block.level is not None:
            while stack and stack[-1][0] >= block.level:
                stack.pop()
            stack.append((block.level, block.text))
            continue
        path = tuple(heading for _, heading in stack if heading.casefold() != title.casefold())
        role, grade = block.role, block.grade
        if role is None:
            role, printed = classify(block.text, path, publisher=publisher, strict=strict)
            grade = printed or (grade if role is Role.RECOMMENDATION else None)
        population = None
        if role is Role.RECOMMENDATION:
            population = block.population or population_of(block.text, path, guessed=strict)
        builder.add(block.text, role, path, grade=grade, page=block.page, population=population)
    return builder
