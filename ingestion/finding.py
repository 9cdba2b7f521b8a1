"""Which files a user means: those named, those in folders named, and what their manifests say of them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingestion import manifest
from ingestion.document import printable
from ingestion.errors import SourceError
from ingestion.manifest import Entry, Manifests


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: its absolute path, its size in bytes, and whether the user named it (else it was found in a folder).

    `entry` is what the folder's manifest says of it. A manifest is a file too, with its `fault` where it has one.
    """

    path: Path
    size: int
    named: bool
    entry: Entry | None = None
    fault: str = ""

    @property
    def source(self) -> str:
        """How the ledger and the report name it."""
        return printable(str(self.path))


def find_files(paths: Sequence[Path]) -> Iterator[File]:
    """Each file once, folders with all below them in the order of their names, manifests last; hidden files inside folders are passed over.

    A manifest that is named stands for the files it speaks of. Of one that cannot be used the files are left out, and it has its fault.
    """
    seen: set[tuple[int, int]] = set()
    manifests = Manifests()
    folders: list[Path] = []
    for path in map(Path.absolute, paths):
        root = _status(path)
        inside = root is not None and stat.S_ISDIR(root.st_mode)
        listed = path.name == manifest.NAME and not inside
        found = sorted(path.rglob("*")) if inside else list(manifests.files(path)) if listed else [path]
        for file in found:
            status = _status(file)
            if inside and not (_shown(file, path) and status and stat.S_ISREG(status.st_mode)):
                continue
            if status:
                identity = (status.st_dev, status.st_ino)
                if identity in seen:
                    continue
                seen.add(identity)
            if file.name == manifest.NAME:
                continue
            try:
                entry = manifests.entry(file)
            except SourceError:  # told below, once for all its files
                continue
            yield File(file, status.st_size if status else 0, not inside, entry)
        if inside:
            folders.append(path)
    for path, fault in manifests.read():
        if not fault and any(path.is_relative_to(folder) for folder in folders):
            fault = _missed(path, manifests.missing(path))
        yield File(path, 0, named=True, fault=printable(fault))


def _missed(path: Path, names: Sequence[str]) -> str:
    """What is wrong with a manifest that speaks of files which are not there."""
    if not names:
        return ""
    some = ", ".join(map(repr, names[:5])) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"{path}: speaks of {some}, which is not there; correct the name, or take the entry out"


def _shown(file: Path, folder: Path) -> bool:
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def _status(path: Path) -> os.stat_result | None:
    """What the system says of the path, links followed; `None` where it cannot be reached: opening it will say why."""
    try:
        return path.stat()
    except (OSError, ValueError):  # the latter where a NUL is in it
        return None
