"""Parsing in a process of its own, with limits on memory and time: a hostile file that breaks a library written in C breaks nothing else.

`python -m ingestion.sources.isolated MODULE:CLASS PATH BYTES SECONDS` writes the items of `CLASS(isolated=False).parse(PATH)`, a JSON object a line.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ingestion.document import Document, Item, Problem
from ingestion.errors import SourceError

MEMORY = 2 << 30  # bytes of address space; PDFium takes 1.6 GB for a small file made for it
SECONDS = 900  # of processor time; an 800-page guideline takes some 30


def parse_isolated(parser: type, path: Path, memory: int = MEMORY, seconds: int = SECONDS) -> Iterator[Item]:
    """The items that the parser's class yields for the file, made in another process with so many bytes of memory and seconds of processor time.

    Raises `SourceError` as the parser does, and where the process needed more than that, or crashed.
    """
    name = f"{parser.__module__}:{parser.__qualname__}"
    command = [sys.executable, "-P", "-m", __spec__.name, name, str(path), str(memory), str(seconds)]
    with subprocess.Popen(  # noqa: S603 - our own program; the path is one argument
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as process:
        assert process.stdout  # noqa: S101 - asked for above
        try:
            for line in process.stdout:
                yield _item(json.loads(line))
            status = process.wait()
        finally:
            process.kill()
    if status:
        how = f"crashed ({signal.Signals(-status).name})" if status < 0 else "gave up"
        raise SourceError(
            f"{path}: the program that reads it {how}, or needed more than {memory >> 20} MiB or {seconds} s; the file is damaged "
            "or made to do harm: fetch it again from its publisher, or repair it, for example with: qpdf in.pdf out.pdf"
        )


def _item(data: dict[str, object]) -> Item:
    match data:
        case {"document": dict(document)}:
            return Document.from_json(document)
        case {"problem": dict(problem)}:
            return Problem(**problem)
        case {"error": str(message)}:
            raise SourceError(message)
    raise SourceError(f"an unknown kind of item came from the parser: {', '.join(data)}")


def _limit(memory: int, seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the file's content


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
