"""What measured: versions and hardware, without anything that names the machine or its user."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import assistant
import indexes
import ingestion
from assistant import __version__

PACKAGES = ("ir-measures", "numpy", "onnxruntime", "pytrec-eval-terrier", "qdrant-edge-py", "ragas")


def versions() -> dict[str, str]:
    """Citewell, Python and the packages a figure may hang on; those that are not installed are left out."""
    found = {"citewell": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@cache
def code_digest() -> str:
    """A hash of the product's own files, its data and prompts included: what another version made is not taken for this one's."""
    digest = hashlib.sha256()
    for package in (assistant, indexes, ingestion):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder.parent).as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def hardware() -> dict[str, str | int | float]:
    """Processor, logical cores this process may use, memory in GiB (where the system tells), and the kind of system."""
    described: dict[str, str | int | float] = {"cpu": _cpu(), "cores": _cores(), "system": platform.system()}
    with suppress(AttributeError, OSError, ValueError):  # Windows has no sysconf
        described["memory_gib"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return described


def anonymous(text: str) -> str:
    """`text` with the user's home folder written as `~`."""
    home = str(Path.home())
    return re.sub(rf"{re.escape(home)}(?=[/\\\s'\"]|$)", "~", text) if len(home) > 1 else text


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    try:
        match = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        match = None
    return match[1].strip() if match else platform.processor() or platform.machine()
