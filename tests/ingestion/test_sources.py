"""Which parser reads a file: by its content, or as the user says."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from native import article, guideline, jats, pubmed_xml, study

from ingestion.errors import SourceError, UnknownKindError
from ingestion.sources import PARSERS, find_parser, kinds
from ingestion.sources.guideline_html import HtmlGuidelines

FILES = {
    "any.name": (pubmed_xml(article(1)).encode(), "pubmed"),
    "update.xml.gz": (gzip.compress(pubmed_xml(article(1)).encode()), "pubmed"),
    "PMC1.nxml": (jats(1).encode(), "pmc"),
    "efetch.xml.gz": (gzip.compress(f"<pmc-articleset>{jats(1)}</pmc-articleset>".encode()), "pmc"),
    "looks-like.html": (b"<article><h1>Lipids</h1><p>Offer a statin.</article>", "guideline"),
    "NCT00000001.json": (study("NCT00000001").encode(), "trials"),
    "studies.jsonl.gz": (gzip.compress(study("NCT00000001").encode()), "trials"),
    "lipids.md": (guideline("Lipids", "Offer a statin.").encode(), "guideline"),
    "lipids.html": (b"<!doctype html><title>Lipids</title><p>Offer a statin.", "guideline"),
    "lipids.pdf": (b"%PDF-1.7\n", "guideline"),
    "lipids.epub": (b"PK\x03\x04", "guideline"),
    "lipids.docx": (b"PK\x03\x04", "guideline"),
    "lipids.doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "guideline"),
}


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("name", "content", "kind"), [(name, *rest) for name, rest in FILES.items()], ids=FILES)
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = write(tmp_path, name, content)
    assert find_parser(path).kind == find_parser(path, kind).kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("broken.xml", "pubmed"), ("broken.xml.gz", "pubmed"), ("BROKEN.XML", "pubmed"), ("broken.nxml", "pmc"),
        ("broken.json", "trials"), ("broken.jsonl", "trials"),
        ("broken.json.gz", "trials"), ("notes.md", "guideline"), ("notes.htm", "guideline"), ("notes.pdf", "guideline"), ("notes.pdf", "scan"),
        ("notes.doc", "guideline"),
    ],
)  # fmt: skip
def test_a_file_that_nobody_recognises_is_read_as_the_kind_the_user_gives(tmp_path: Path, name: str, kind: str) -> None:
    content = b"nothing of the sort"
    path = write(tmp_path, name, gzip.compress(content) if name.endswith(".gz") else content)
    assert find_parser(path, kind).kind == kind


@pytest.mark.parametrize(
    ("name", "content", "html"),
    [
        ("elink.xml", b"<?xml version='1.0'?><!DOCTYPE eLinkResult><eLinkResult><HtmlTag>Cited in Books</HtmlTag></eLinkResult>", False),
        ("feed.xml", b"<?xml version='1.0'?><feed><content><html><p>Offer a statin.</p></html></content></feed>", False),
        ("notes.txt", b"In <html> every tag is closed.", False),
        ("page", b"<!-- saved --><html lang='en'><p>Offer a statin.", True),
        ("page.xml", b"\xef\xbb\xbf<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Strict//EN' 'x'><html><p/></html>", True),
        ("page.bin", "<!DOCTYPE HTML>\n<HTML><p>Offer a statin.".encode("utf-16"), True),
    ],
)  # fmt: skip
def test_only_what_begins_as_html_is_html(tmp_path: Path, name: str, content: bytes, html: bool) -> None:
    assert HtmlGuidelines().recognises(write(tmp_path, name, content), content) == html


def test_no_file_is_read_by_ocr_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "lipids.pdf", b"%PDF-1.7\n")
    assert (find_parser(path).kind, find_parser(path, "scan").kind) == ("guideline", "scan")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("notes.txt", "auto"),
        ("notes.doc", "auto"),
        ("notes.txt", "pubmed"),
        ("study.json", "pubmed"),
        ("page.html", "trials"),
    ],
)
def test_what_is_not_recognised_is_named_with_the_way_on(tmp_path: Path, name: str, kind: str) -> None:
    path = write(tmp_path, name, b"nothing of the sort")
    with pytest.raises(UnknownKindError, match="--kind") as error:
        find_parser(path, kind)
    assert str(path) in str(error.value)


def test_the_kind_that_is_given_wins_over_the_content(tmp_path: Path) -> None:
    path = write(tmp_path, "study.json", study("NCT00000001").encode())
    with pytest.raises(UnknownKindError, match="leave out --kind"):
        find_parser(path, "guideline")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"x" * 99)[:10], "truncated"),
        (b"\x1f\x8b\x08\x00junk", "gzip"),
    ],
    ids=["missing", "0 bytes", "gzip of nothing", "truncated gzip", "damaged gzip"],
)
def test_a_file_that_cannot_be_read_is_named_with_the_mend(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "file.xml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=reason) as error:
        find_parser(path)
    assert str(path) in str(error.value)
    assert "; " in str(error.value)  # reason; mend


def test_a_pipe_and_an_impossible_name_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xml")
    with pytest.raises(SourceError, match=r"pipe\.xml: not a regular file"):
        find_parser(tmp_path / "pipe.xml")
    with pytest.raises(SourceError, match="cannot be read"):
        find_parser(tmp_path / ("x" * 300))


def test_every_parser_says_what_it_is_called_and_which_files_are_meant() -> None:
    assert kinds() == ["pubmed", "pmc", "trials", "guideline", "scan"]
    assert len({parser.name for parser in PARSERS}) == len(PARSERS)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for parser in PARSERS for suffix in parser.suffixes)
