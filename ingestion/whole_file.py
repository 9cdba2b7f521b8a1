"""Files that are there with all of their content or not at all, whenever the process or the machine stops."""

from __future__ import annotations

import os
from pathlib import Path

_SUFFIX = ".part"


def draft(path: Path, content: bytes) -> Path:
    """Write the content under another name, down to the disk; `keep` gives it its own. Raises `OSError`, and leaves nothing then."""
    part = path.with_name(path.name + _SUFFIX)
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def keep(part: Path) -> Path:
    """Give a draft its name, in place of what has it. Raises `OSError`."""
    return part.replace(part.with_name(part.name.removesuffix(_SUFFIX)))


def write_whole(path: Path, content: bytes) -> None:
    """Write the file anew. Raises `OSError`, and then it is as it was."""
    keep(draft(path, content))
