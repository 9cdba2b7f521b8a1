"""Documents that live tools fetched, kept below `CITEWELL_HOME/live/`, so that what was cited can be read again."""

from __future__ import annotations

import gzip
import json
import os
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from assistant.errors import ToolError
from indexes.passage import Passage
from ingestion import whole_file
from ingestion.chunking import passages_of
from ingestion.document import Document

KEPT = 5_000
"""Documents. Of more the ones that were fetched longest ago go; a citation of theirs can then no longer be shown."""
LONGEST = 8 << 20  # bytes of a document, unpacked; a trial with all its results has some 2 MiB
_STALE_S = 3600.0  # a half-written file this old is of a process that is gone
_NAME = 200  # bytes of a file name, of the 255 that a disk takes


class LiveShelf:
    """One gzip file of JSON a document. Safe to share between threads and processes: a file is there whole or not at all.

    Passages are cut anew each time, as the library cuts them, so that they are the same as long as the document is.
    """

    def __init__(self, home: Path) -> None:
        """`home` is the library's folder; nothing is made there before the first document is kept."""
        self._folder = home / "live"

    def keep(self, documents: Iterable[Document]) -> None:
        """Keep these documents, in place of earlier copies. Raises `ToolError` where the disk refuses."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for document in documents:
                body = document.to_bytes()
                path = self._path(document.document_id)
                if path and len(body) <= LONGEST:
                    part = whole_file.draft(self._folder / uuid4().hex, gzip.compress(body, 6, mtime=0))
                    part.replace(path)
            self._prune()
        except OSError as error:
            raise ToolError(f"What was fetched cannot be kept ({error.strerror}), and so cannot be cited.") from error

    def document(self, document_id: str) -> Document | None:
        """The document as it was fetched last, or `None`."""
        path = self._path(document_id)
        if path is None:
            return None
        try:
            return _read(path, path.stat().st_mtime_ns)[0]
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):  # gone, or not what we wrote
            return None

    def passage(self, passage_id: str) -> Passage | None:
        """The passage of that identifier, or `None`."""
        document_id, _, number = passage_id.rpartition("#")
        path = self._path(document_id)
        if path is None or not (number.isascii() and number.isdigit()):
            return None
        try:
            passages = _read(path, path.stat().st_mtime_ns)[1]
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            return None
        return next((passage for passage in passages if passage.passage_id == passage_id), None)

    def _path(self, document_id: str) -> Path | None:
        """Where a document of that identifier lies; `None` for what no fetched document can be called."""
        try:
            name = quote(document_id, safe="")
        except UnicodeEncodeError:  # halves of characters, as a command line makes of bytes that are no text
            return None
        return self._folder / f"{name}.json.gz" if 0 < len(name) <= _NAME and "\0" not in document_id else None

    def _prune(self) -> None:
        found: list[tuple[float, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(OSError):  # another has given it its name meanwhile
                    found.append((entry.stat().st_mtime, entry.path))
        files = sorted(each for each in found if each[1].endswith(".json.gz"))
        gone = [path for _, path in files[: max(0, len(files) - KEPT)]]
        gone += [path for when, path in found if path.endswith(".part") and when < time.time() - _STALE_S]
        for path in gone:
            with suppress(OSError):
                Path(path).unlink()


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> tuple[Document, tuple[Passage, ...]]:  # noqa: ARG001 - what is remembered is of that moment
    """The document in a file and its passages. Raises what reading and parsing raise."""
    with gzip.open(path) as file:
        body = file.read(LONGEST + 1)
    if len(body) > LONGEST:
        raise ValueError
    document = Document.from_json(json.loads(body))
    return document, tuple(passages_of(document))
