"""Reading JSON whose size and types are not to be trusted: whole or line by line, within bounds, and values by the type they should have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.document import Problem, printable
from ingestion.errors import SourceError
from ingestion.sources.compressed import unpacked_name
from ingestion.sources.records import chunks, lines, read_head

MAX_JSON = 512 << 20
"""The longest JSON file in bytes that is read at once; one record a line has no such limit."""
MAX_VALUES = 20_000_000
"""The most values in JSON that is read at once: three bytes of `{},` become a hundred in memory. Studies have one in some thirty bytes."""
SUFFIXES = (".json", ".jsonl", ".ndjson")

Json = dict[str, Any]


def json_values(path: Path, mend: str) -> Iterator[tuple[str, Any] | Problem]:
    """The JSON values of a file, each with the words that name it: one a line where the name or the first line says so, else the whole file.

    A line that is no JSON is a `Problem` and the rest goes on. Raises what `chunks` raises, and `SourceError` where a file that is read whole
    is no JSON, nests too deeply or is too large; `mend` says where to get a better one.
    """
    named_lines = unpacked_name(path).endswith((".jsonl", ".ndjson"))
    if named_lines or _is_object(read_head(path).partition(b"\n")[0]):
        yield from _by_line(path, mend)
        return
    try:
        value = decode(_whole(path))
    except ValueError as error:
        raise SourceError(
            f"{path}: is not one JSON value ({error}); name a file of one study a line .jsonl, or {mend}"
        ) from error
    yield "the file", value


def _is_object(line: bytes) -> bool:
    """Whether a line is a JSON object by itself, so that the file is read line by line whatever its suffix."""
    try:
        return isinstance(decode(line), dict)
    except ValueError:
        return False


def _whole(path: Path) -> bytes:
    pieces, size = [], 0
    for piece in chunks(path):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_JSON:
            raise SourceError(
                f"{path}: more than {MAX_JSON >> 20} MiB of JSON at once; write one study a line (.jsonl)"
            )
    return b"".join(pieces)


def decode(data: bytes) -> Any:
    """The JSON value; raises `ValueError` where there is none, also where it nests too deeply or has too many values."""
    if len(data) > MAX_VALUES and sum(map(data.count, (b",", b"{", b"["))) > MAX_VALUES:
        raise ValueError(f"more than {MAX_VALUES:,} values")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _by_line(path: Path, mend: str) -> Iterator[tuple[str, Any] | Problem]:
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            value = decode(line)
        except ValueError as error:
            yield Problem(f"line {number}", f"is not JSON ({error})", f"each line must be one study; {mend}")
        else:
            yield f"line {number}", value


# What a file says may be of any JSON type: a value of another type than its field's counts as absent.
def object_at(value: Any, *names: str) -> Json:
    """The object under these names, one in the other; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects_at(value: Json, name: str) -> list[Json]:
    """The objects of the list under this name."""
    listed = value.get(name)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def string_at(value: Json, name: str) -> str:
    """The string under this name; empty where there is none."""
    found = value.get(name)
    return printable(found) if isinstance(found, str) else ""


def strings_at(value: Json, name: str) -> list[str]:
    """The strings of the list under this name, without blank ones."""
    listed = value.get(name)
    if not isinstance(listed, list):
        return []
    return [printable(item) for item in listed if isinstance(item, str) and item.strip()]
