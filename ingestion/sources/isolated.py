"""Parsing in a process of its own, with limits on memory and time: a hostile file that breaks a library written in C breaks nothing else.

`python -m ingestion.sources.isolated MODULE:CLASS PATH BYTES SECONDS` writes the items of `CLASS(isolated=False).parse(PATH)`, a JSON object a line.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError

T = TypeVar("T")

MEMORY = 2 << 30  # bytes of address space; PDFium takes 1.6 GB for a small file made for it
SECONDS = 900  # of processor time; an 800-page guideline takes some 30
SILENCE = 2.0  # times those seconds may pass without an item: a process that sleeps uses no processor time
LONGEST = 256 << 20  # bytes of one item: 10 million characters, each six bytes as JSON may spell it, and their sections

_NEEDED = (
    "PATH",
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
)


def parse_isolated(parser: type, path: Path, memory: int = MEMORY, seconds: int = SECONDS) -> Iterator[Item]:
    """The items that the parser's class yields for the file, made in another process with so many bytes of memory and seconds of processor time.

    Whatever happens there, this raises `SourceError` and nothing else: as the parser does, and where the process needed more than that, crashed,
    fell silent, or said what no parser says. The process knows none of our secrets: it has its own, small environment.
    """
    name = f"{parser.__module__}:{parser.__qualname__}"
    command = [sys.executable, "-P", "-m", __spec__.name, name, str(path), str(memory), str(seconds)]
    environment = {known: value for known in _NEEDED if (value := os.environ.get(known)) is not None}
    with subprocess.Popen(  # noqa: S603 - our own program; the path is one argument
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout  # noqa: S101 - asked for above
        try:
            while line := _patiently(process, partial(process.stdout.readline, LONGEST), seconds):
                yield _item(path, line)
            status = _patiently(process, process.wait, seconds)
        finally:
            process.kill()
    if status:
        how = f"crashed ({signal.Signals(-status).name})" if status < 0 else "gave up"
        raise SourceError(
            f"{path}: the program that reads it {how}, or needed more than {memory >> 20} MiB or {seconds} s; the file is damaged "
            "or made to do harm: fetch it again from its publisher, or repair it, for example with: qpdf in.pdf out.pdf"
        )


def _patiently(process: subprocess.Popen[bytes], wait: Callable[[], T], seconds: int) -> T:
    """What is waited for; a process that lets us wait for too long is killed, which ends the waiting."""
    clock = threading.Timer(SILENCE * seconds, process.kill)
    clock.daemon = True
    clock.start()
    try:
        return wait()
    finally:
        clock.cancel()


def _item(path: Path, line: bytes) -> Item:
    """The item that a line spells. Raises `SourceError` where it tells of one, and where it spells none."""
    try:
        match json.loads(line):
            case {"document": dict(document)}:
                return Document.from_json(document)
            case {"problem": {"record": str(record), "reason": str(reason), "mend": str(mend)}}:
                return Problem(record, reason, mend)
            case {"error": str(message)}:
                raise SourceError(message)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise SourceError(
        f"{path}: the program that reads it said what cannot be understood; fetch the file again from its publisher"
    )


def _limit(memory: int, seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # A dump would hold the file's content, and nothing is to be written at all.
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(nothing, (0, 0))


def _main(name: str, path: str, memory: str, seconds: str) -> None:
    module, _, attribute = name.partition(":")
    parser = getattr(importlib.import_module(module), attribute)(isolated=False)
    _limit(int(memory), int(seconds))
    try:
        for item in parser.parse(Path(path)):
            said = {"document": item.to_json()} if isinstance(item, Document) else {"problem": dataclasses.asdict(item)}
            print(json.dumps(said))  # noqa: T201 - it is how the other process hears it
    except SourceError as error:
        print(json.dumps({"error": str(error)}))  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
