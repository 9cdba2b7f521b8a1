"""Where a fetch keeps what came: `<home>/fetched/<source>/<question>/<generation>/`, so that one that was broken off goes on where it stopped.

A question's folder is named by a hash of all that was asked. A generation is one fetch of it from beginning to end: numbered gzip files, each
written under another name and renamed when it is whole, and `fetch.json` with what the fetcher has to remember. An unfinished generation is
gone on with; a finished one is followed by a new one, and when that is finished and ingested, only those of its files stay that documents come from.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import portalocker

from ingestion import whole_file
from ingestion.errors import IngestionError, LiveSourceError

STATE = "fetch.json"
TOO_OLD = timedelta(days=7)
"""How long an unfinished generation may be gone on with. After that so much is new at the source that it is asked afresh."""
_STAMP = "%Y%m%dT%H%M%S.%fZ"


class Generation:
    """One fetch of one question. `resumed` says that it was begun by an earlier run."""

    def __init__(self, folder: Path, *, resumed: bool) -> None:
        self.folder = folder
        self.resumed = resumed

    @property
    def started(self) -> datetime:
        """When it was begun."""
        return _started(self.folder)

    def state(self) -> dict[str, object]:
        """What `remember` kept; empty at first."""
        return _read(self.folder).get("state", {})  # type: ignore[return-value]

    def remember(self, state: Mapping[str, object]) -> None:
        """Keep what a later run needs to go on from here; JSON-ready."""
        self._write({**_read(self.folder), "state": state})

    def path(self, name: str) -> Path:
        """Where a file of that name (`00001.xml`) lies when it is whole: gzip, so `00001.xml.gz`."""
        return self.folder / f"{name}.gz"

    def save(self, name: str, content: bytes) -> Path:
        """Write a whole answer; the file is there with all of it or not at all. Raises `IngestionError` where the disk refuses."""
        return self.keep(self.draft(name, content))

    def draft(self, name: str, content: bytes) -> Path:
        """Write an answer under another name, to be looked at before it is kept; the next draft of that name replaces it."""
        return _draft(self.path(name), gzip.compress(content, 6, mtime=0))

    def keep(self, draft: Path) -> Path:
        """Give a draft its name."""
        return _keep(draft)

    def finish(self) -> None:
        """Everything is here and ingested."""
        self._write({**_read(self.folder), "complete": True})

    def _write(self, data: Mapping[str, object]) -> None:
        _keep(_draft(self.folder / STATE, json.dumps(data).encode()))


@contextmanager
def open_generation(home: Path, source: str, asked: Mapping[str, object]) -> Iterator[Generation]:
    """The generation to fetch into: the unfinished one where there is a recent one, else a new one. Nobody else has it meanwhile.

    Raises `LiveSourceError` where another process fetches the same, and `IngestionError` where the folder cannot be written to.
    """
    question = home / "fetched" / source / question_id(asked)
    try:
        question.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = portalocker.Lock(question / "lock", mode="a", flags=portalocker.LOCK_EX | portalocker.LOCK_NB, timeout=0)
        lock.acquire()
    except portalocker.LockException as error:
        raise LiveSourceError("Another process is fetching the same. Wait until it ends, or stop it first.") from error
    except OSError as error:
        raise _refused(question, error) from error
    try:
        yield _current(question, asked)
    finally:
        lock.release()


def outdated(generation: Generation) -> list[Path]:
    """The folders of the same question's other generations, which a finished one replaces."""
    return [folder for folder in _generations(generation.folder.parent) if folder != generation.folder]


def discard(folder: Path) -> None:
    """Remove a generation that is no longer needed. What cannot be removed stays until the next time."""
    shutil.rmtree(folder, ignore_errors=True)


def question_id(asked: Mapping[str, object]) -> str:
    """The folder's name: the same for the same question, and nothing of its words in it."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:20]


def _current(question: Path, asked: Mapping[str, object]) -> Generation:
    now = datetime.now(UTC)
    for folder in reversed(_generations(question)):
        left = _read(folder)
        if left.get("complete") is False and timedelta(0) <= now - _started(folder) < TOO_OLD:
            return Generation(folder, resumed=True)
    folder = question / now.strftime(_STAMP)
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise _refused(folder, error) from error
    generation = Generation(folder, resumed=False)
    generation._write({"asked": asked, "complete": False, "state": {}})
    return generation


def _generations(question: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder for folder in question.iterdir() if folder.is_dir() and _is_stamp(folder.name))


def _is_stamp(name: str) -> bool:
    try:
        datetime.strptime(name, _STAMP)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True


def _started(folder: Path) -> datetime:
    return datetime.strptime(folder.name, _STAMP).replace(tzinfo=UTC)


def _read(folder: Path) -> dict[str, object]:
    """What `fetch.json` says; empty where it cannot be read: such a generation is not gone on with."""
    try:
        data = json.loads((folder / STATE).read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _draft(path: Path, content: bytes) -> Path:
    """The content under another name, on the disk."""
    try:
        return whole_file.draft(path, content)
    except OSError as error:
        raise _refused(path, error) from error


def _keep(draft: Path) -> Path:
    try:
        return whole_file.keep(draft)
    except OSError as error:
        raise _refused(draft, error) from error


def _refused(path: Path, error: OSError) -> IngestionError:
    return IngestionError(f"{path}: cannot be written ({error.strerror or error}); make room or check its permissions")
