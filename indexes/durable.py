"""Files that outlive a crash: what was synced is on the disk, and a file or folder under its own name is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync(path: Path) -> None:
    """Have what was written to a file or entered into a folder on the disk before returning. Raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when the block ends, and is removed where the block raises."""
    beside = folder.with_name(folder.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
        for path in beside.iterdir():
            sync(path)
        sync(beside)
        beside.replace(folder)
        sync(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
