"""Lines and records of the files of evaluation sets, packed with xz or not; what is broken is named with file and line."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from evals.errors import DataError

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_HALVES = re.compile("[\ud800-\udfff]")


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Number (from 1) and text of every line that is not blank. Raises `DataError` where there is none, or it is not UTF-8."""
    empty = True
    try:
        with _opened(path) as file:
            for number, raw in enumerate(file, start=1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n")
                except UnicodeDecodeError as error:
                    raise DataError(
                        f"{path.name}:{number}: not UTF-8 (byte {error.start + 1}); save it as UTF-8"
                    ) from error
                if line.strip():
                    empty = False
                    yield number, line
    except (OSError, EOFError, lzma.LZMAError) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({said}); mend or replace the file") from error
    if empty:
        raise DataError(f"{path.name}: empty; nothing can be measured with it")


def numbered_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and record of every line of a JSONL file that is not blank. Raises `DataError`."""
    for number, line in numbered_lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path.name}:{number}: not JSON ({error}); mend or remove the line") from error
        if not isinstance(record, dict):
            raise DataError(f'{path.name}:{number}: a JSON object is needed, such as {{"_id": "1", "text": "…"}}')
        if _HALF.search(line) and _HALVES.search(json.dumps(record, ensure_ascii=False)):
            raise DataError(
                f"{path.name}:{number}: half a character (\\ud800 to \\udfff alone) is no text; write the whole one, or leave it out"
            )
        yield number, record


def _opened(path: Path) -> IO[bytes]:
    return lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb")
