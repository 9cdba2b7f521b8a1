"""Compressed files: told by their first bytes, unpacked in pieces, and named where they are truncated or corrupt."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.errors import SourceError
from ingestion.sources import compressed
from ingestion.sources.compressed import unpacked_name
from ingestion.sources.records import chunks, lines, read_head

PACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "xz": lzma.compress, "bzip2": bz2.compress}
EACH = pytest.mark.parametrize(("name", "pack"), PACK.items(), ids=PACK)


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@EACH
def test_several_streams_and_padding_are_one_file(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path, pack(b"one\n") + pack(b"") + pack(b"two\n") + b"\0" * 512)
    assert b"".join(chunks(path)) == b"one\ntwo\n"


@EACH
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    whole = pack(bytes(range(256)) * 40)
    bad = bytearray(whole)
    bad[len(bad) // 2] ^= 0xFF
    for content, reason in [
        (whole[:-5], rf"the {name} data ends too early \(truncated\); download"),
        (bytes(bad), rf"the {name} data is corrupt .*; download"),
        (whole + b"tail", rf"the {name} data is corrupt .*; download|truncated"),
        (pack(b""), "empty"),
    ]:
        with pytest.raises(SourceError, match=reason):
            b"".join(chunks(write(tmp_path, content)))


@EACH
def test_a_bomb_comes_in_small_pieces(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    sizes = [len(piece) for piece in chunks(write(tmp_path, pack(bytes(20 << 20))))]
    assert max(sizes) <= compressed.CHUNK
    assert sum(sizes) == 20 << 20


@EACH
def test_a_bomb_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes]
) -> None:
    path = write(tmp_path, pack(b"a line\n" + b"\n" * (8 << 20)))
    monkeypatch.setattr(compressed, "FREE", 1 << 20)
    found = []
    with pytest.raises(SourceError, match="unpacks to more than 200 times its size; unpack it yourself"):
        found.extend(number for number, _ in lines(path))
    assert found[0] == 1
    assert len(found) <= max(1 << 20, 200 * path.stat().st_size)


@EACH
@given(content=st.binary(min_size=1, max_size=300), block=st.integers(1, 40), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_packed_comes_out_and_what_was_cut_is_missed(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], content: bytes, block: int, data: st.DataObject
) -> None:
    packed = pack(content)
    length = data.draw(st.integers(12, len(packed)))
    found = b""
    told = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "CHUNK", block)
        path = write(tmp_path, packed[:length])
        try:
            for piece in chunks(path):
                found += piece
        except SourceError as error:
            told = str(error)
    assert found == content or "truncated" in told
    assert bool(told) == (length < len(packed))
    assert content.startswith(found)
    if found:
        assert content.startswith(read_head(path, 8))


def test_xz_that_asks_for_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "MAX_MEMORY", 1 << 20)
    with pytest.raises(SourceError, match="Memory usage limit"):
        b"".join(chunks(write(tmp_path, lzma.compress(b"x", preset=9))))


def test_a_word_is_not_taken_for_a_compressed_file(tmp_path: Path) -> None:
    assert b"".join(chunks(write(tmp_path, b"BZh9 is a code"))) == b"BZh9 is a code"


def test_names_lose_the_suffix_of_the_compression_only() -> None:
    names = ("A.XML.GZ", "a.json.xz", "a.csv.bz2", "a.xml", "gz")
    assert [unpacked_name(Path(name)) for name in names] == ["a.xml", "a.json", "a.csv", "a.xml", "gz"]
