"""A folder's manifest: what a librarian knows of guidelines that the files do not say, such as issuer, version, date and what they supersede.

`citewell-manifest.toml` in a folder has a table for each file in it, or below it, by name or by pattern:

    ["dengue-2009.pdf"]
    issuer = "WHO"
    version = "2009"
    date = 2009-11-21
    status = "superseded"
    superseded_by = "guideline:who/arboviral-diseases@2025"
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date as day
from fnmatch import fnmatchcase
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from indexes.passage import Kind, Status
from ingestion.document import Document
from ingestion.editions import family, superseded
from ingestion.errors import SourceError
from ingestion.sources.grading import graded
from ingestion.sources.guideline import short_publisher, slugify, web_url, year_in

NAME = "citewell-manifest.toml"
_LARGEST = 2_000_000  # bytes
_MOST_ENTRIES = 10_000  # each file of the folder is compared with each pattern
_MOST_DOTS = (
    64  # in a line: a key of n parts (`a.a.a…`) takes the square of n in memory, 200 kB of it all that a machine has
)

# TOML has dates and numbers of its own; a version or a day may be written as either.
_Text = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, day | int | float) else value),
    Field(max_length=2000),
]
_Day = Annotated[_Text, Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")]


class Entry(BaseModel):
    """What the manifest says of a file. What it leaves out stays as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: _Text = ""
    issuer: _Text = ""
    slug: _Text = ""
    version: _Text = ""
    date: _Day | None = None
    status: Status | None = None
    superseded_by: _Text | None = None
    supersedes: tuple[_Text, ...] = ()
    url: _Text = ""
    language: _Text = ""
    licence: _Text = ""

    @property
    def digest(self) -> str:
        """What stands for the entry: another one makes the file be read again."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    def describe(self, document: Document) -> Document:
        """The guideline as the entry describes it; a document of another kind as it is: its registry knows better."""
        if document.kind is not Kind.GUIDELINE:
            return document
        said = {
            "title": self.title or document.title,
            "publisher": short_publisher(self.issuer) or document.publisher,
            "date": self.date or document.date,
            "year": year_in(self.date or "") or year_in(self.version) or document.year,
            "url": web_url(self.url) or document.url,
            "language": self.language or document.language,
            "licence": self.licence or document.licence,
            "superseded_by": self.superseded_by or document.superseded_by,
            "status": self.status
            or (superseded(document, self.superseded_by) if self.superseded_by else document).status,
        }
        attributes = {**document.attributes, **({"supersedes": list(self.supersedes)} if self.supersedes else {})}
        described = replace(document, document_id=self._identify(document), attributes=attributes, **said)  # type: ignore[arg-type]
        return graded(described)  # a grade means what its issuer means by it

    def _identify(self, document: Document) -> str:
        issuer, _, slug = family(document.document_id).removeprefix("guideline:").partition("/")
        version = document.document_id.rpartition("@")[2]
        issuer = slugify(short_publisher(self.issuer)) or issuer
        slug = slugify(self.slug) or slugify(self.title) or slug
        version = slugify(self.version) or str(year_in(self.date or "") or version)
        return f"guideline:{issuer}/{slug}@{version}"


_MANIFEST = TypeAdapter(dict[str, Entry])


def read_manifest(path: Path) -> dict[str, Entry]:
    """The entries by name or pattern. Raises `SourceError` that names what cannot be used, and the mend."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SourceError(f"{path}: more than {_LARGEST:,} bytes; split the folder.")
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if line.count(".") > _MOST_DOTS:
                raise SourceError(f"{path}: line {number} has more than {_MOST_DOTS} dots; write it as several lines.")
        entries = _MANIFEST.validate_python(tomllib.loads(text))
        if len(entries) > _MOST_ENTRIES:
            raise SourceError(f"{path}: more than {_MOST_ENTRIES:,} entries; use patterns, or split the folder.")
        for name in entries:
            if any(flavour(name).is_absolute() or ".." in flavour(name).parts for flavour in (PurePosixPath, PurePath)):
                raise SourceError(
                    f"{path}: {name!r} is outside the manifest's folder; put a manifest where the file is."
                )
            if "\0" in name:
                raise SourceError(f"{path}: {name!r} is no file's name; mend it, then ingest the folder again.")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise SourceError(f"{path}: is not TOML ({reason}); mend it, then ingest the folder again.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = " ".join(map(str, first["loc"]))
        raise SourceError(f"{path}: {place!r}: {first['msg']}; mend it, then ingest the folder again.") from error
    return entries


class Manifests:
    """The manifests of folders, each read once.

    While one cannot be used, what is in its folder and below is not read: a guideline that it calls superseded would else come back into force,
    under another name, for a comma.
    """

    def __init__(self) -> None:
        self._faults: dict[Path, str] = {}
        self._read: dict[Path, dict[str, Entry]] = {}

    def read(self) -> Iterator[tuple[Path, str]]:
        """The manifests that were asked for and are there, each with what is wrong with it, or nothing."""
        for folder, entries in self._read.items():
            if entries or folder / NAME in self._faults:
                yield folder / NAME, self._faults.get(folder / NAME, "")

    def entry(self, file: Path) -> Entry | None:
        """What is said of a file by the nearest manifest in its folder or one above it, however the file was named.

        Raises `SourceError` where that is a manifest which cannot be used.
        """
        for folder in file.parents:
            entries = self._entries(folder)
            if fault := self._faults.get(folder / NAME):
                raise SourceError(fault)
            name = file.relative_to(folder).as_posix()
            if name in entries:
                return entries[name]
            for pattern, entry in entries.items():
                if fnmatchcase(name, pattern):
                    return entry
        return None

    def missing(self, manifest: Path) -> list[str]:
        """The plain names in a manifest of which there is no file: misspelt, moved or gone."""
        return [
            name
            for name in self._entries(manifest.parent)
            if not any(char in name for char in "*?[") and not (manifest.parent / name).exists()
        ]

    def files(self, manifest: Path) -> Iterator[Path]:
        """The files that a manifest speaks of, in its order; a plain name also where there is no such file, so that it is missed.

        A pattern means no hidden files, as a folder does not.
        """
        below: list[PurePath] | None = None
        for pattern in self._entries(manifest.parent):
            if not any(char in pattern for char in "*?["):
                yield manifest.parent / pattern
                continue
            if below is None:
                found = (
                    file.relative_to(manifest.parent) for file in sorted(manifest.parent.rglob("*")) if file.is_file()
                )
                below = [name for name in found if not any(part.startswith(".") for part in name.parts)]
            yield from (manifest.parent / name for name in below if fnmatchcase(name.as_posix(), pattern))

    def _entries(self, folder: Path) -> dict[str, Entry]:
        if folder not in self._read:
            path = folder / NAME
            try:
                self._read[folder] = read_manifest(path) if path.is_file() else {}
            except SourceError as error:
                fault = f"{error} Until then the files that it stands for are left as they are."
                self._faults[path], self._read[folder] = fault, {}
        return self._read[folder]
