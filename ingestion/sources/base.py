"""What a source is: a parser that recognises a file and yields its documents, deletions and problems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ingestion.document import Item


class Parser(Protocol):
    """One native format.

    `name` is what a user sees; `kind` is the value of `--kind` that selects it (`pubmed`, `pmc`, `trials`, `guideline`); `version` changes whenever
    the same bytes would parse differently, so that the ledger reads unchanged files again. `suffixes` are the file names that a user who
    gives `--kind` means by it, whatever the content (with `.gz`, `.xz` or `.bz2` after them too). `recognises` judges by suffix and by the first
    few kilobytes (decompressed where the file is compressed) and never raises. `parse` yields items in file order, streaming; a bad record is a
    `Problem` and the rest goes on; a file that cannot be read at all, or only to a point, raises `SourceError` (after yielding what came before).
    """

    name: str
    kind: str
    version: int

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    def recognises(self, path: Path, head: bytes) -> bool: ...

    def parse(self, path: Path) -> Iterator[Item]: ...
