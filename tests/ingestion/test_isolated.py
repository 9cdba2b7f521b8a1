"""A parser in a process of its own gives the same items, and takes nothing with it when it falls."""

from __future__ import annotations

import ctypes
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from native import pdf_of_lines

from ingestion.document import Item, Problem
from ingestion.errors import SourceError
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
    """Falls over after its first item, as a library written in C may."""

    def __init__(self, *, isolated: bool) -> None:
        self.how = os.environ["FALL"]

    def parse(self, path: Path) -> Iterator[Item]:
        yield Problem("page 1", "is odd", "look at it")
        if self.how == "segfault":
            ctypes.string_at(0)
        elif self.how == "memory":
            bytearray(1 << 30)
        else:
            os._exit(3)


@pytest.mark.parametrize("how", ["segfault", "memory", "exit"])
def test_a_crash_is_an_error_that_names_the_file_and_keeps_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("FALL", how)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr(Crashing, "__module__", Path(__file__).stem)
    items = parse_isolated(Crashing, tmp_path / "bad.pdf", memory=600 << 20)
    if how != "memory":
        assert next(items) == Problem("page 1", "is odd", "look at it")
    with pytest.raises(SourceError, match=r"bad\.pdf: the program that reads it .*fetch it again"):
        list(items)


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
