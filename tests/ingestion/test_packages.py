"""Zip files that are documents: read with bounds, and never trusted."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from ingestion.errors import SourceError
from ingestion.sources import packages
from ingestion.sources.packages import first_member, is_zip, opened, resolved


def zipped(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as package:
        for name, data in members:
            package.writestr(zipfile.ZipInfo(name), data, method)
    return path


def read(path: Path, name: str) -> bytes:
    with opened(path, "EPUB") as package:
        return package.read(name)


def test_members_are_read_by_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("a/b.txt", b"words"), ("c.xml", b"<a>1</a>"))
    with opened(path, "EPUB") as package:
        assert package.names == ["a/b.txt", "c.xml"]
        assert package.read("a/b.txt") == b"words"
        assert package.xml("c.xml").text == "1"
        assert "c.xml" in package
        with pytest.raises(SourceError, match=r"a\.zip: no is missing"):
            package.read("no")
        with pytest.raises(SourceError, match="no well-formed XML"):
            package.xml("a/b.txt")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "C:\\x", "..\\x", "\\x"])
def test_names_that_point_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="points outside"), opened(zipped(tmp_path / "a.zip", (name, b"x")), "EPUB"):
        pass


def test_dots_within_a_name_are_no_way_out(tmp_path: Path) -> None:
    assert read(zipped(tmp_path / "a.zip", ("a..b/..c", b"x")), "a..b/..c") == b"x"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_means_two_things_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="two different members"):
        read(zipped(tmp_path / "a.zip", ("x", b"one"), ("x", b"two")), "x")
    assert read(zipped(tmp_path / "b.zip", ("x", b"same"), ("x", b"same")), "x") == b"same"


def test_a_member_that_expands_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("bomb", b"\0" * (8 << 20)), ("good", b"\0" * 100_000))
    with opened(path, "EPUB") as package:
        with pytest.raises(SourceError, match="would unpack from"):
            package.read("bomb")
        assert len(package.read("good")) == 100_000


def test_a_member_that_hides_its_size_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("bomb", b"\0" * (8 << 20)))
    data = path.read_bytes()
    lie = data.replace(struct.pack("<L", 8 << 20), struct.pack("<L", 100))
    assert lie != data
    path.write_bytes(lie)
    with pytest.raises(SourceError, match="damaged"):
        read(path, "bomb")


def test_all_that_is_read_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "LARGEST_TOTAL", 250_000)
    path = zipped(tmp_path / "a.zip", ("a", b"a" * 100_000), ("b", b"b" * 100_000), ("c", b"c" * 100_000))
    with opened(path, "EPUB") as package:
        package.read("a")
        package.read("b")
        with pytest.raises(SourceError, match="c would unpack"):
            package.read("c")


def test_too_many_members_and_too_large_a_file_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", *((f"m{number}", b"") for number in range(30)))
    monkeypatch.setattr(packages, "MOST_MEMBERS", 29)
    with pytest.raises(SourceError, match="30 members"):
        read(path, "m1")
    monkeypatch.setattr(packages, "LARGEST_FILE", 100)
    with pytest.raises(SourceError, match="more than the 100 allowed"):
        read(path, "m1")


def test_encrypted_and_oddly_packed_members_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("x", b"words"), method=zipfile.ZIP_LZMA)
    with pytest.raises(SourceError, match="unusual way"):
        read(path, "x")
    data = bytearray(zipped(tmp_path / "b.zip", ("x", b"words")).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "b.zip").write_bytes(bytes(data))
    with pytest.raises(SourceError, match="encrypted"):
        read(tmp_path / "b.zip", "x")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 10, b"words"])
def test_what_is_no_whole_zip_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.epub").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.epub: .*; fetch it again"):
        read(tmp_path / "a.epub", "x")


@pytest.mark.parametrize(
    ("base", "reference", "member"),
    [
        ("OEBPS/book.opf", "Text/a%20b.xhtml#top", "OEBPS/Text/a b.xhtml"),
        ("OEBPS/Text/nav.xhtml", "../ch1.xhtml?x", "OEBPS/ch1.xhtml"),
        ("", "/word/document.xml", "word/document.xml"),
        ("word/document.xml", "/word/styles.xml", "word/styles.xml"),
        ("a.opf", "../../etc/passwd", ""),
        ("a.opf", "https://example.org/x", ""),
        ("a.opf", "file:///etc/passwd", ""),
    ],
)
def test_references_stay_inside(base: str, reference: str, member: str) -> None:
    assert resolved(base, reference) == member


def test_the_first_member_is_read_off_the_beginning(tmp_path: Path) -> None:
    head = zipped(tmp_path / "a.zip", ("mimetype", b"words"), method=zipfile.ZIP_STORED).read_bytes()
    assert is_zip(head)
    name, content = first_member(head)
    assert (name, content[:5]) == ("mimetype", b"words")
    assert first_member(b"words") == first_member(head[:20]) == ("", b"")
