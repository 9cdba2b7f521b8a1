"""A parser in a process of its own gives the same items, and takes nothing with it when it falls."""

from __future__ import annotations

import ast
import ctypes
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from native import pdf_of_lines

from ingestion.document import Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import isolated
from ingestion.sources.guideline_pdf import PdfGuidelines
from ingestion.sources.isolated import parse_isolated


def test_a_pdf_read_apart_is_the_same_as_one_read_here(tmp_path: Path) -> None:
    path = pdf_of_lines(
        tmp_path / "statins.pdf", ["Offer a statin to adults with diabetes, as the panel agreed in 2024."] * 4
    )
    assert list(PdfGuidelines().parse(path)) == list(PdfGuidelines(isolated=False).parse(path)) != []


def test_its_errors_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7 and no more")
    with pytest.raises(SourceError) as here:
        list(PdfGuidelines(isolated=False).parse(path))
    with pytest.raises(SourceError) as apart:
        list(PdfGuidelines().parse(path))
    assert str(apart.value) == str(here.value)


class Crashing:
    """Does what a library written in C may do once a file has got hold of it; the file's name says what."""

    def __init__(self, *, isolated: bool) -> None:
        assert not isolated

    def parse(self, path: Path) -> Iterator[Item]:
        yield Problem("page 1", "is odd", "look at it")
        sys.stdout.flush()
        match path.stem:
            case "segfault":
                ctypes.string_at(0)
            case "memory":
                bytearray(1 << 30)
            case "exit":
                os._exit(3)
            case "sleep":
                time.sleep(600)
            case "close":
                os.close(1)
                time.sleep(600)
            case "line":
                while True:
                    os.write(1, b"a" * (1 << 16))
            case "write":
                path.write_text("x")
            case "environment":
                yield Problem("environment", repr(sorted(os.environ)), "")
            case said:
                os.write(1, SAID[said] + b"\n")


@pytest.fixture
def parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Iterator[Item]]:
    """The items of a file that makes `Crashing` do so."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))))
    monkeypatch.setattr(Crashing, "__module__", Path(__file__).stem)
    return lambda how: parse_isolated(Crashing, tmp_path / f"{how}.pdf", memory=600 << 20, seconds=60)


@pytest.mark.parametrize("how", ["segfault", "memory", "exit", "sleep", "close", "line", "write"])
def test_a_crash_is_an_error_that_names_the_file_and_keeps_what_came_before(
    parse: Callable[[str], Iterator[Item]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str
) -> None:
    monkeypatch.setattr(isolated, "SILENCE", 0.1)
    monkeypatch.setattr(isolated, "LONGEST", 1 << 20)
    items = parse(how)
    if how != "memory":
        assert next(items) == Problem("page 1", "is odd", "look at it")
    with pytest.raises(SourceError, match=rf"{how}\.pdf: the program that reads it .*fetch .*again"):
        list(items)
    assert not any(file.stat().st_size for file in tmp_path.iterdir())


SAID = {
    "words": b"FPDF warning: odd object",
    "list": b"[1]",
    "depth": b"[" * 100_000,
    "number": b'{"document": {"kind": 5}}',
    "no-document": b'{"document": {}}',
    "no-problem": b'{"problem": {"record": 1, "reason": "", "mend": ""}}',
    "bytes": b"\xff\xfe",
}


@pytest.mark.parametrize("said", SAID)
def test_what_no_parser_says_is_an_error_too(parse: Callable[[str], Iterator[Item]], said: str) -> None:
    with pytest.raises(
        SourceError, match=rf"{said}\.pdf: the program that reads it said what cannot be understood; fetch"
    ):
        list(parse(said))


def test_it_knows_no_secrets(parse: Callable[[str], Iterator[Item]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_INGEST_TOKEN", "correct horse battery staple")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy")
    _, told = parse("environment")
    assert isinstance(told, Problem)
    assert "PATH" in told.reason
    assert not {"CITEWELL_INGEST_TOKEN", "HTTPS_PROXY"} & set(ast.literal_eval(told.reason))


def test_a_small_pdf_that_would_fill_the_memory_is_refused_or_read_in_bounds(tmp_path: Path) -> None:
    squeezed = zlib.compressobj(9)
    block = b"(word) Tj " * 100_000
    stream = b"".join(squeezed.compress(block) for _ in range(400)) + squeezed.flush()
    stream = zlib.compress(stream, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    out = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, body) for n, body in enumerate(objects, 1))
    path = tmp_path / "bomb.pdf"
    path.write_bytes(out + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n")
    assert path.stat().st_size < 100_000
    with pytest.raises(SourceError, match=r"bomb\.pdf"):
        list(parse_isolated(PdfGuidelines, path, memory=600 << 20))
