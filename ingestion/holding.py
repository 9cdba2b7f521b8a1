"""Who holds an embedded library: one process at a time, and the next one is told which, and where it can be asked."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import portalocker

from indexes.errors import LibraryInUseError

LOCK_FILE = "library.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds an embedded library; `url` is set where it is a server that can be asked."""

    pid: int
    purpose: str
    url: str | None = None


def take(home: Path, purpose: str) -> portalocker.Lock:
    """Hold the library in that folder. Raises `LibraryInUseError` where another process does, and `OSError`."""
    lock = try_lock(home / LOCK_FILE)
    if lock is None:
        other = _read_holder(home)
        ways = (
            f"Ask that server ({other.url}), or stop it first."
            if other.url
            else "Wait until it ends, or stop it first."
        )
        who = f"process {other.pid} ({other.purpose})" if other.pid else "another process"
        raise LibraryInUseError(f"The library in {home} is in use by {who}. {ways}", other.url)
    try:
        announce(home, purpose)
    except BaseException:
        lock.release()
        raise
    return lock


def try_lock(path: Path) -> portalocker.Lock | None:
    """The lock on that file, or `None` where somebody else has it, in this process or another."""
    lock = portalocker.Lock(path, mode="a", timeout=0, flags=portalocker.LOCK_EX | portalocker.LOCK_NB)
    try:
        lock.acquire()
    except portalocker.LockException:
        return None
    return lock


def announce(home: Path, purpose: str, url: str | None = None) -> None:
    """Tell other processes who this one is, and where it can be asked."""
    temporary = _holder_file(home).with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(Holder(os.getpid(), purpose, url))), encoding="utf-8")
    temporary.replace(_holder_file(home))


def _holder_file(home: Path) -> Path:
    return home / "holder.json"  # beside the lock: a locked file cannot be read everywhere


def _read_holder(home: Path) -> Holder:
    try:
        return Holder(**json.loads(_holder_file(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Holder(0, "unknown")
