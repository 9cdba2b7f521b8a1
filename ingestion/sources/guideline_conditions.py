"""Treatment guidelines taken apart into JSON: one object for each condition, its sections by name.

`condition_name` and `source` (the guideline's name and year) are required, `condition_slug` is optional. Everything else is a section, whatever
its name: a text, a list of texts, an object of such sections, or a list of objects that name themselves by `type` or `name`. The file is one
such object, a list of them, or one a line. A list is one section of the document, an item a line: items such as a drug's name and its doses
say nothing apart. What is listed as treatment is not called a recommendation: nobody graded or worded it as one.

Such files are made from a guideline, by people or programs, and are not its own pages: `extracted_from` in the attributes says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from indexes.passage import Role
from ingestion.document import Document, Item, Problem, printable
from ingestion.errors import SourceError
from ingestion.sources.compressed import unpacked_name
from ingestion.sources.guideline import Block, Metadata, build_document, slugify, year_in
from ingestion.sources.json_values import Json, json_values, string_at

_MEND = "give each condition a condition_name, the source with its year, and its sections"
_KEY = re.compile(rb'"condition_name"\s*:')
_ABOUT = frozenset(("condition_name", "condition_slug", "source"))
_NAMES = ("type", "name")  # what an object in a list is called by
_DEEPEST = 6


class ConditionGuidelines:
    """The parser of such JSON."""

    name = "guideline by condition (JSON)"
    kind = "guideline"
    version = 1
    suffixes: tuple[str, ...] = ()  # a JSON file that is not recognised is not meant by `--kind guideline`

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the file begins with a condition."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") and _KEY.search(head) is not None

    def parse(self, path: Path) -> Iterator[Item]:
        """A document for each condition, in file order, and problems. Raises what `json_values` raises."""
        slugs: Counter[str] = Counter()
        conditions = _conditions(path)
        first, second, broken = next(conditions, None), None, None
        try:
            second = next(conditions, None)
        except SourceError as error:
            broken = error
        # One condition is often treated in several chapters, a file each, all with the same slug: the file's name tells them apart.
        stem = "" if second or broken else Path(unpacked_name(path)).stem
        for item in chain((first, second), conditions):
            if isinstance(item, Problem):
                yield item
            elif item:
                yield _document(path, item[0], item[1], stem, slugs)
        if broken:
            raise broken


def _conditions(path: Path) -> Iterator[tuple[str, Any] | Problem]:
    """Each condition of the file with the words that name it."""
    for item in json_values(path, _MEND):
        if isinstance(item, Problem) or not isinstance(item[1], list):
            yield item
        else:
            yield from ((f"condition {number}", condition) for number, condition in enumerate(item[1], 1))


def _document(path: Path, where: str, condition: Any, stem: str, slugs: Counter[str]) -> Document | Problem:
    if not isinstance(condition, dict):
        return Problem(where, "is no JSON object", _MEND)
    title, source = (" ".join(string_at(condition, name).split()) for name in ("condition_name", "source"))
    if not title or not source:
        return Problem(where, f"has no {'condition_name' if not title else 'source'}", _MEND)
    year = year_in(source)
    publisher = " ".join(source.replace(str(year), " ").split()) if year else source
    slug = slugify(stem) or slugify(string_at(condition, "condition_slug") or title)
    slugs[slug] += 1
    meta = Metadata(
        title=title,
        publisher=publisher,
        slug=slug if slugs[slug] == 1 else f"{slug}-{slugs[slug]}",
        year=year,
        language="en",
        attributes={"extracted_from": source},
    )
    sections = {name: value for name, value in condition.items() if name not in _ABOUT}
    try:
        return build_document(path, meta, [_plain(block) for block in _blocks(sections, 1)])
    except RecursionError:  # what `_blocks` raises where sections nest too deeply
        return Problem(where, f"{title}: its sections nest deeper than {_DEEPEST} levels", _MEND)
    except SourceError:
        return Problem(where, f"{title}: has no text", _MEND)


def _plain(block: Block) -> Block:
    return block if block.level is not None else replace(block, role=Role.BODY)


def _blocks(sections: Json, level: int) -> Iterator[Block]:
    if level > _DEEPEST:
        raise RecursionError
    for name, value in sections.items():
        blocks = list(_section(value, level + 1))
        if blocks:
            yield Block(_heading(name), level)
            yield from blocks


def _section(value: Any, level: int) -> Iterator[Block]:
    """What stands under a section's name: nothing where the value is of another shape."""
    if isinstance(value, dict):
        yield from _blocks(value, level)
        return
    items = value if isinstance(value, list) else [value]
    if lines := [line for item in items if isinstance(item, str) and (line := printable(" ".join(item.split())))]:
        yield Block("\n".join(lines))
    for item in items:
        if isinstance(item, dict):
            called = next((name for key in _NAMES if (name := " ".join(string_at(item, key).split()))), "")
            if called:
                yield Block(called, level)
            for key, inner in item.items():
                if key not in _NAMES:
                    yield from _section(inner, level + 1) if called else _blocks({key: inner}, level)


def _heading(name: str) -> str:
    """`adverse_reactions_and_cautions` as a heading."""
    words = " ".join(printable(name).replace("_", " ").split())
    return words[:1].upper() + words[1:]
