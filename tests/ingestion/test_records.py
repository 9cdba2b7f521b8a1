"""Opening plain and gzip files, and cutting XML into records."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.document import TextBuilder
from ingestion.errors import SourceError
from ingestion.sources import compressed, records
from ingestion.sources.records import XmlRecord, chunks, lines, read_head, xml_records

TAGS = ("Rec", "Gone")


def write(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def cut(path: Path) -> tuple[list[XmlRecord], str]:
    """The records, and the error that ended them (or nothing)."""
    found: list[XmlRecord] = []
    try:
        found.extend(xml_records(path, "Set", TAGS))
    except SourceError as error:
        return found, str(error)
    return found, ""


def test_gzip_is_told_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"\0" * 512
    assert b"".join(chunks(write(tmp_path, packed, "plain.xml"))) == b"one\ntwo\n"
    assert b"".join(chunks(write(tmp_path, b"one\n", "odd.xml.gz"))) == b"one\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"x" * 1000)[:-9], "truncated"),
        (gzip.compress(b"x")[:10] + b"\x07" * 20, "corrupt"),
        (gzip.compress(b"x")[:-4] + b"abcd", "corrupt"),
        (gzip.compress(b"x") + b"tail", "corrupt"),
    ],
    ids=["empty", "packed nothing", "cut", "bad block", "bad checksum", "tail"],
)
def test_unreadable_files_are_named_with_the_mend(tmp_path: Path, content: bytes, reason: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(SourceError, match=reason) as error:
        b"".join(chunks(path))
    assert str(path) in str(error.value)
    assert "download" in str(error.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.xml: no such file"):
        next(chunks(tmp_path / "absent.xml"))
    with pytest.raises(SourceError, match="not a regular file"):
        next(chunks(tmp_path))


def test_a_gzip_bomb_is_read_piece_by_piece(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b" " * (40 << 20)))
    assert max(map(len, chunks(path))) <= compressed.CHUNK
    assert "without a <Rec>" in cut(path)[1]


def test_head_of_a_truncated_gzip_is_what_there_is(tmp_path: Path) -> None:
    assert read_head(write(tmp_path, gzip.compress(b"abc")[:-6])) == b"abc"
    with pytest.raises(SourceError, match="empty"):
        read_head(write(tmp_path, b""))


@given(content=st.binary(max_size=200), block=st.integers(1, 50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_lines_are_the_files_lines(tmp_path: Path, content: bytes, block: int) -> None:
    path = write(tmp_path, b"x" + content)  # neither empty nor gzip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "CHUNK", block)
        found = list(lines(path))
    expected = (b"x" + content).removesuffix(b"\n").split(b"\n")
    assert found == [(number, line.removesuffix(b"\r")) for number, line in enumerate(expected, 1)]


def test_a_bad_record_leaves_the_others_whole(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        b"<Set><Rec>1</Rec><!-- <Rec>no</Rec> --><Rec>2 <Rec a='b'>3</Rec></Rec><Rec/><Gone>4</Gone><Rec>5</Set>"
        b"<?xml version='1.0'?><Set><Rec>6</Rec ></Set>",
    )
    found, error = cut(path)
    assert [(record.xml.decode(), record.fault) for record in found] == [
        ("<Rec>1</Rec>", ""),
        ("<Rec>2 ", "<Rec> is never closed"),
        ("<Rec a='b'>3</Rec>", ""),
        ("</Rec>", "</Rec> without <Rec>"),
        ("<Rec/>", ""),
        ("<Gone>4</Gone>", ""),
        ("<Rec>5</Set><?xml version='1.0'?><Set>", "<Rec> is never closed"),
        ("<Rec>6</Rec >", ""),
    ]
    assert [record.ordinal for record in found] == list(range(1, 9))
    assert error == ""


@pytest.mark.parametrize(
    ("content", "count", "reason"),
    [
        (b"<Set><Rec>1</Rec><Rec>2", 1, "ends inside a <Rec>"),
        (b"<Set><Rec>1</Rec><Rec", 1, "ends before </Set>"),
        (b"<Set><Rec>1</Rec>", 1, "ends before </Set>"),
        (b"<Set><Rec>1</Rec><!-- ", 1, "comment is never closed"),
        (b"<html><p>Not found</p></html>", 0, "holds no <Rec>"),
        (b"<Set></Set>", 0, ""),
        (b"<Set/>", 0, ""),
        (b"<Rec>1</Rec>", 1, ""),
    ],
)
def test_what_ends_too_early_is_said_after_what_was_whole(
    tmp_path: Path, content: bytes, count: int, reason: str
) -> None:
    found, error = cut(write(tmp_path, content))
    assert len(found) == count
    assert reason in error
    assert bool(reason) == bool(error)


def test_an_overlong_record_is_one_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD", 1000)
    monkeypatch.setattr(compressed, "CHUNK", 100)
    found, error = cut(write(tmp_path, b"<Set><Rec>1</Rec><Rec>" + b"x" * 1500 + b"</Rec><Rec>3</Rec></Set>"))
    assert [record.fault.split()[:1] for record in found] == [[], ["longer"], []]
    assert error == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1", "windows-1252", "utf-16"])
def test_declared_encodings_and_marks_are_honoured(tmp_path: Path, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?><Set><Rec>Sjögren’s</Rec></Set>'.replace(
        "’", "’" if encoding != "iso-8859-1" else "'"
    )
    found, error = cut(write(tmp_path, text.encode(encoding)))
    assert not error
    assert found[0].xml.decode().startswith("<Rec>Sjögren")


def test_an_encoding_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("zlib", "unicode_escape", "nonsense"):
        error = cut(write(tmp_path, f'<?xml version="1.0" encoding="{name}"?><Set/>'.encode()))[1]
        assert name in error
        assert "convert it to UTF-8" in error


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_truncation_never_yields_half_a_record(tmp_path: Path, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(st.characters(exclude_characters="<&", codec="utf-8"), max_size=40), max_size=6))
    whole = [f"<Rec>{text}</Rec>".encode() for text in texts]
    packed = gzip.compress(b"<Set>" + b"\n".join(whole) + b"</Set>")
    length = data.draw(st.integers(0, len(packed)))
    block = data.draw(st.integers(1, 64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "CHUNK", block)
        found, error = cut(write(tmp_path, packed[:length]))
    assert [record.xml for record in found] == whole[: len(found)]
    assert all(not record.fault for record in found)
    if length == len(packed):
        assert not error
        assert len(found) == len(whole)
    else:
        assert error


@given(st.lists(st.tuples(st.text(), st.sampled_from(Role))))
def test_sections_keep_their_offsets(pieces: list[tuple[str, Role]]) -> None:
    builder = TextBuilder()
    for text, role in pieces:
        builder.add(text, role)
    added = [(text.strip(), role) for text, role in pieces if text.strip()]
    assert [(builder.text[s.start : s.end], s.role) for s in builder.sections] == added
    assert all(one.end < two.start for one, two in pairwise(builder.sections))
