"""Guidelines as Word documents (DOCX, ECMA-376).

Read with `zipfile` and lxml rather than python-docx, which leaves out tracked insertions and text boxes and opens a file without bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from indexes.passage import Status
from ingestion.document import Item, Problem
from ingestion.errors import SourceError
from ingestion.sources.docx_blocks import read_body
from ingestion.sources.docx_styles import Styles, child, value
from ingestion.sources.docx_text import read_words
from ingestion.sources.guideline import Metadata, build_document, program_title, publisher_named_in, says_draft, year_in
from ingestion.sources.markup import Element, local_attribute, local_name, squeezed
from ingestion.sources.packages import Package, first_member, opened, resolved

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old Word files, and of encrypted new ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_RTF = b"{\\rtf"
_LARGEST_SEARCHED = 64 << 20
_MOST_HEADERS = 50
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class DocxGuidelines:
    """One Word document, one guideline. Old Word files are taken on to be refused with the mend."""

    name = "guideline (DOCX)"
    kind = "guideline"
    version = 4
    suffixes: tuple[str, ...] = (".docx", ".docm", ".doc")

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether it is named as one, holds a Word document whatever its name, or is an old Word file by name and beginning."""
        suffix = path.suffix.lower()
        name, _ = first_member(head)
        return (
            suffix in (".docx", ".docm")
            or (name in ("[Content_Types].xml", "_rels/.rels") and b"word/document" in head)
            or (suffix == ".doc" and head.startswith((_OLE, _RTF)))
        )

    def parse(self, path: Path) -> Iterator[Item]:
        """Yield a `Problem` for each part that cannot be read, then the document.

        Raises `SourceError` where the file is missing, empty, encrypted, of old Word, no Word document, damaged, would unpack to too much, or
        has no text.
        """
        _refuse_others(path)
        with opened(path, "Word document") as package:
            main = _main_part(package)
            root = package.xml(main)
            body = child(root, "body")
            if local_name(root) != "document" or body is None:
                raise SourceError(
                    f"{path}: holds no Word document but a {local_name(root)[:40] or 'nameless part'}; save it as .docx or PDF"
                )
            parts = _Parts(package, main)
            read = read_body(body, parts.styles, parts.notes)
            yield from (*parts.problems, *read.problems)
            yield build_document(path, _metadata(parts, read.title), read.blocks, strict=read.guessed)


class _Parts:
    """The parts beside the text, as far as they can be read."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self.problems: list[Problem] = []
        related = _relations(package, main)
        styles = self._read(related, "styles", "its headings and lists are read as paragraphs")
        self.styles = Styles(styles)
        self.notes = self._footnotes(self._read(related, "footnotes", "the rest of the text was read"))
        self.draft = any(
            says_draft(mark)
            for _, member in [one for one in related if one[0] == "header"][:_MOST_HEADERS]
            for mark in self._marks(member)
        )
        whole = _relations(package, "")
        self.core = self._fields(whole, "core-properties")
        self.company = self._fields(whole, "extended-properties").get("Company", "")
        defaults = child(styles, "docDefaults", "rPrDefault", "rPr", "lang")
        self.language = self.core.get("language") or value(defaults)

    def _read(self, related: list[tuple[str, str]], kind: str, consequence: str) -> Element | None:
        member = next((member for found, member in related if found == kind), "")
        if not member:
            return None
        try:
            return self._package.xml(member)
        except SourceError as error:
            reason = str(error).removeprefix(f"{self._package.path}: ")
            self.problems.append(Problem(member, reason, f"open the file in Word and save it again; {consequence}"))
            return None

    def _footnotes(self, root: Element | None) -> dict[str, str]:
        notes = {}
        for note in root if root is not None else ():
            if local_name(note) == "footnote" and local_attribute(note, "type") in ("", "normal"):
                lines = (
                    read_words(inner, self.styles, value(child(inner, "pPr", "pStyle"))).text
                    for inner in note.iter()
                    if local_name(inner) == "p"
                )
                notes[local_attribute(note, "id")] = " ".join(line for line in lines if line)
        return notes

    def _marks(self, member: str) -> Iterator[str]:
        """The words drawn across the pages: Word keeps a watermark in the headers."""
        try:
            root = self._package.xml(member)
        except SourceError:
            return
        for element in root.iter():
            if local_name(element) == "textpath":
                yield local_attribute(element, "string")

    def _fields(self, related: list[tuple[str, str]], kind: str) -> dict[str, str]:
        root = self._read(related, kind, "the text was read")
        return (
            {local_name(element): squeezed(element) for element in root if local_name(element)}
            if root is not None
            else {}
        )


def _refuse_others(path: Path) -> None:
    """Refuse what cannot be read but can be named: encrypted files, old Word, RTF."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            if head == _OLE and _ENCRYPTED in head + file.read(_LARGEST_SEARCHED):
                raise SourceError(f"{path}: the document is encrypted; open it in Word and save it without a password")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    if head == _OLE:
        raise SourceError(
            f"{path}: this is a file of Word 97-2003; open it in Word or LibreOffice and save it as .docx"
        )
    if head.startswith(_RTF):
        raise SourceError(f"{path}: this is an RTF file; open it in Word or LibreOffice and save it as .docx")


def _relations(package: Package, part: str) -> list[tuple[str, str]]:
    """What a part (empty: the package) is related to: the last word of the relation's type, and the member. Links to the web are none."""
    folder, _, name = part.rpartition("/")
    member = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
    if member not in package:
        return []
    return [
        (local_attribute(relation, "Type").rpartition("/")[2], target)
        for relation in package.xml(member)
        if local_name(relation) == "Relationship"
        and local_attribute(relation, "TargetMode") != "External"
        and (target := resolved(part, local_attribute(relation, "Target")))
    ]


def _main_part(package: Package) -> str:
    main = next((member for kind, member in _relations(package, "") if kind == "officeDocument"), "word/document.xml")
    if main not in package:
        raise SourceError(
            f"{package.path}: this is a zip file but no Word document ({main[:100]} is missing from it); "
            "unpack it and ingest what is in it, or fetch it again"
        )
    return main


def _metadata(parts: _Parts, title: str) -> Metadata:
    """The title in the text before the one in the properties, which templates leave behind; the year in the title before the last change's."""
    core = parts.core
    known = core.get("title", "")
    title = title or ("" if program_title(known) else known)
    changed = _DATE.match(core.get("modified") or core.get("created", ""))
    date = changed[0] if changed else ""
    year = year_in(title) or year_in(date)
    creator = core.get("creator", "")
    draft = parts.draft or says_draft(title) or says_draft(core.get("contentStatus", ""))
    return Metadata(
        title=title,
        publisher=next(filter(None, map(publisher_named_in, (parts.company, creator, title))), ""),
        version=core.get("version", ""),
        date=date if date and year_in(date) == year else None,
        year=year,
        language=parts.language.split("-")[0].lower(),
        status=Status.DRAFT if draft else Status.CURRENT,
        authors=(creator,) if creator else (),
    )
