"""Guidelines written in Markdown with YAML front matter: the format of the starter library and of whoever writes a guideline down by hand.

A document's text is what a reader of the rendered page sees, block by block: markup, code blocks and comments are not in it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from indexes.passage import Status
from ingestion.document import Item, printable
from ingestion.errors import SourceError
from ingestion.sources.guideline import (
    Block,
    Metadata,
    build_document,
    publisher_named_in,
    read_bytes,
    table_blocks,
)
from ingestion.sources.html_blocks import html_blocks

_LARGEST = 20_000_000
_LARGEST_FRONT_MATTER = 64_000
_MOST_BRACKETS = 1000  # in one paragraph, list item or cell
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
# What a site generator fills in or acts on (Jekyll's Liquid tags, kramdown's attribute lists): a reader of the page never sees it.
_TEMPLATE = re.compile(
    r"\{%(?:(?!\{%|%\}).){0,4000}%\}|\{\{(?:(?!\{\{|\}\}).){0,500}\}\}|\{:[^{}\n]{0,300}\}", re.DOTALL
)
# Files that tell about the folder they lie in. Only front matter makes one of them a guideline.
_ABOUT_THE_FOLDER = frozenset(
    ("readme", "license", "licence", "changelog", "changes", "contributing", "code_of_conduct", "security", "notice")
)
_DECISION_TABLES = re.compile(r"(?:<th>|\|)\s*Decision Table(?: ID)?\s*(?:</th>|\|)", re.IGNORECASE)
_TABLE = re.compile(
    r"^ {0,3}(?:<div\b[^>\n]{0,300}>\s*)?<table\b(?:(?!<table\b|</table>).)*</table>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_RAISED = re.compile(
    r"\s?\$\^\{?(\d[\d,–-]{0,40})\}?\$"
)  # how converters of PDF write a reference: "limited. $^{8,9}$"
_SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LINE_BREAK = re.compile(r"<br\b", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t\r]*(?=\n)")
_LISTS = ("keywords", "supersedes")
_CARRIED = (*_LISTS, "rights", "digest_of")  # kept as the document's attributes


class MarkdownGuidelines:
    """One Markdown file, one guideline.

    Recognised by front matter with a title, so that a folder's README is not taken for a guideline, or by a table of decision tables, as the
    pages of WHO's digital adaptation kits begin that hold them.
    """

    name = "guideline (Markdown)"
    kind = "guideline"
    version = 5
    suffixes: tuple[str, ...] = (".md", ".markdown")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it is a Markdown file whose front matter has a `title`, or a kit's page of decision tables."""
        if path.suffix.lower() not in self.suffixes:
            return False
        start = head.decode("utf-8-sig", errors="replace")
        lines = start.splitlines()
        if not lines or lines[0].rstrip() != "---":
            return _lists_decision_tables(start)
        for line in lines[1:]:
            if line.rstrip() == "---":
                return False
            if line.startswith("title:"):
                return True
        return False

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield the file's one document. Raises `SourceError` where the file is empty, is not UTF-8, or its front matter cannot be read."""
        try:
            text = read_bytes(path, _LARGEST, "a Markdown guideline").decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise SourceError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from error
        fields, body = _front_matter(path, text)
        if not fields and path.stem.casefold() in _ABOUT_THE_FOLDER:
            raise SourceError(
                f"{path}: is about the folder it lies in, by its name; if it is a guideline, give it front matter with a title"
            )
        meta = _metadata(path, fields)
        if not fields and _lists_decision_tables(body):
            meta = replace(meta, publisher=publisher_named_in(body))
        body = _RAISED.sub(lambda reference: reference[1].translate(_SMALL), _TEMPLATE.sub("", body))
        yield build_document(path, meta, markdown_blocks(_whole_tables(body)))


def _lists_decision_tables(text: str) -> bool:
    """Whether a page begins with the overview of decision tables that WHO's kits give."""
    return _DECISION_TABLES.search(text[:4000]) is not None


def _whole_tables(text: str) -> str:
    """The text with no blank line inside an HTML table: by CommonMark one ends the HTML, and a rule would lose half of its cells."""
    return _TABLE.sub(lambda table: _BLANK_LINES.sub("", table[0]), text)


def markdown_blocks(text: str) -> list[Block]:
    """The headings, paragraphs, list items (each with what is nested in it) and tables of a Markdown text, as a reader sees them."""
    # The parser recurses and leaves out what is nested deeper; no guideline comes near, and 100 is far from the end of the stack.
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    parser.core.ruler.before("inline", "brackets", _close_to_links)
    tokens = parser.parse(text)
    blocks: list[Block] = []
    item: list[str] = []  # the lines of the outermost list item that is open
    rows: list[list[str]] = []
    lists = 0
    level: int | None = None
    for token in tokens:
        match token.type:
            case "heading_open":
                level = int(token.tag[1])
            case "bullet_list_open" | "ordered_list_open":
                lists += 1
            case "bullet_list_close" | "ordered_list_close":
                lists -= 1
            case "list_item_close" if lists == 1:
                blocks.append(Block("\n".join(item)))
                item = []
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "table_close":
                found = table_blocks(rows)
                if lists:
                    item.extend(block.text for block in found)
                else:
                    blocks.extend(found)
                rows = []
            case "inline":
                shown = _shown(token.children or [], in_a_cell=bool(rows))
                if rows:
                    rows[-1].append(shown)
                elif lists:
                    item.append(shown)
                elif shown:
                    blocks.append(Block(shown, level))
                level = None
            case "html_block":
                found = html_blocks(token.content)
                if lists:
                    item.extend(block.text for block in found)
                else:
                    blocks.extend(found)
            case _:
                pass
    return [block for block in blocks if block.text.strip()]


def _close_to_links(state: StateCore) -> None:
    """Take brackets for text where a paragraph has more of them than any that is written: the parser looks from each for what closes it."""
    for token in state.tokens:
        if token.type == "inline" and token.content.count("[") > _MOST_BRACKETS:
            token.content = token.content.replace("[", "&#91;")


def _shown(children: Sequence[Token], *, in_a_cell: bool) -> str:
    """What a reader sees of inline markup: text and code; pictures and raw tags are not text. Only a cell of a table may have several lines."""
    lines: list[list[str]] = [[]]
    for child in children:
        match child.type:
            case "text" | "text_special" | "code_inline":
                lines[-1].append(child.content)
            case "softbreak" | "hardbreak":
                lines[-1].append(" ")
            case "html_inline" if _LINE_BREAK.match(child.content):
                lines.append([])
            case _:
                pass
    shown = [" ".join("".join(line).split()) for line in lines]
    return ("\n" if in_a_cell else " ").join(line for line in shown if line)


class _PlainLoader(yaml.SafeLoader):
    """A safe loader that takes numbers as they are written, and no aliases.

    YAML would read the version 1.10 as 1.1 and 12:30 as 750. Merge keys over aliases grow exponentially, and no front matter needs them.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NUMBERS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


def _front_matter(path: Path, text: str) -> tuple[dict[str, Any], str]:
    """Front matter and body; no front matter is an empty mapping. Raises `SourceError` naming the line that is not YAML."""
    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        written, body = handler.split(text)
    except ValueError:
        return {}, text  # a first line of hyphens that nothing closes is a rule, not front matter
    if len(written) > _LARGEST_FRONT_MATTER:
        raise SourceError(
            f"{path}: its front matter has {len(written):,} characters; at most {_LARGEST_FRONT_MATTER:,} are read."
        )
    try:
        fields = handler.load(written, Loader=_PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # ValueError: a date such as 2021-13-40, which YAML resolves and `datetime` refuses.
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "front matter"  # the mark counts from 0, after the opening "---"
        reason = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise SourceError(
            f"{path}, {line}: the front matter is not valid YAML ({reason}); put values with a colon in quotes."
        ) from error
    if fields is None:
        return {}, body
    if not isinstance(fields, dict):
        return {}, text  # a paragraph between two rules
    return {str(name): value for name, value in fields.items()}, body


def _metadata(path: Path, fields: dict[str, Any]) -> Metadata:
    """Front matter as metadata; values that are neither scalars nor lists of them are passed over."""
    status = _scalar(fields.get("status")).lower() or Status.CURRENT
    if status not in set(Status):
        raise SourceError(f"{path}: status {status[:40]!r} is unknown; write one of {', '.join(Status)}.")
    year = _scalar(fields.get("year"))
    attributes = {
        name: _list(value) if name in _LISTS else _scalar(value) for name in _CARRIED if (value := fields.get(name))
    }
    return Metadata(
        title=_scalar(fields.get("title")),
        publisher=_scalar(fields.get("publisher")),
        slug=_scalar(fields.get("slug")) or (path.stem if not fields.get("title") else ""),
        version=_scalar(fields.get("version")),
        date=_scalar(fields.get("date")) or None,
        year=int(year) if year.isdecimal() and len(year) == 4 else None,
        url=_scalar(fields.get("url")),
        language=_scalar(fields.get("language")),
        licence=_scalar(fields.get("licence")) or _scalar(fields.get("license")),
        status=Status(status),
        superseded_by=_scalar(fields.get("superseded_by")) or None,
        identifiers={name: value for name in ("doi", "isbn", "pmid") if (value := _scalar(fields.get(name)))},
        attributes={name: value for name, value in attributes.items() if value},
    )


def _scalar(value: object) -> str:
    """A scalar as one line of text; dates in ISO form; empty for anything else."""
    if isinstance(value, dt.date):
        return value.isoformat()
    return " ".join(printable(value).split()) if isinstance(value, str) else ""


def _list(value: object) -> list[str]:
    """A list of scalars, or one scalar with commas, as a list of texts."""
    parts = value if isinstance(value, list) else _scalar(value).split(",")
    return [text for part in parts if (text := _scalar(part))]
