"""Archives: what is in them is read member by member, whatever else they try."""

from __future__ import annotations

import gzip
import io
import resource
import struct
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from native import article, guideline, jats, pubmed_xml, study

from ingestion.document import Document, Item, Problem, Skipped
from ingestion.errors import SourceError, UnknownKindError
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.sources import archive, archive_members, compressed, find_parser
from ingestion.sources.archive import Archive

Members = list[tuple[str, bytes]]
TRIAL = study("NCT00000001").encode()
MIXED: Members = [
    ("b/study.json", TRIAL),
    ("a/pubmed.xml", pubmed_xml(article(7)).encode()),
    ("README", b"what this is"),
    ("c/PMC5.nxml", jats(5).encode()),
    (".DS_Store", b"hidden"),
    ("__MACOSX/x.json", TRIAL),
]


def zipped(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def tarred(members: Members, mode: str = "w", kind: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=kind) as file:  # type: ignore[call-overload]
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()


KINDS: dict[str, Callable[[Members], bytes]] = {
    "zip": zipped,
    "stored.zip": lambda members: zipped(members, zipfile.ZIP_STORED),
    "tar": tarred,
    "v7.tar": lambda members: tarred(members, kind=tarfile.USTAR_FORMAT),
    "tar.gz": lambda members: tarred(members, "w:gz"),
    "tar.xz": lambda members: tarred(members, "w:xz"),
    "tar.bz2": lambda members: tarred(members, "w:bz2"),
}
EACH = pytest.mark.parametrize("pack", KINDS.values(), ids=KINDS)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def read(folder: Path, content: bytes, kind: str = "auto", name: str = "archive") -> tuple[list[Item], str]:
    """The items of an archive, and the error that ended them (or nothing)."""
    path = folder / name
    path.write_bytes(content)
    found: list[Item] = []
    told = ""
    try:
        found.extend(find_parser(path, kind).parse(path))
    except SourceError as error:
        told = str(error)
    assert not told or (told.startswith(f"{path}: ") and "; " in told)
    return found, told


@contextmanager
def limited_memory(more: int) -> Iterator[None]:
    """This process may take so many bytes more than it has; where the system can tell."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("only Linux says how much memory a process has")
    limits = resource.getrlimit(resource.RLIMIT_AS)
    held = int(statm.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + more, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def names(items: list[Item]) -> list[str]:
    return [item.document_id for item in items if isinstance(item, Document)]


def problems(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.record, item.reason) for item in items if isinstance(item, Problem)]


@EACH
def test_each_member_is_read_by_the_parser_that_knows_it(
    tmp_path: Path, scratch: Path, pack: Callable[[Members], bytes]
) -> None:
    found, error = read(tmp_path, pack(MIXED))
    assert error == ""
    assert sorted(names(found)) == ["nct:NCT00000001", "pmc:PMC5", "pubmed:7"]
    assert problems(found) == []
    assert {item.record for item in found if isinstance(item, Skipped)} == {
        "member README",
        "member .DS_Store",
        "member __MACOSX/x.json",
    }
    assert list(scratch.iterdir()) == []


@EACH
def test_the_kind_that_is_given_holds_for_the_members(tmp_path: Path, pack: Callable[[Members], bytes]) -> None:
    assert names(read(tmp_path, pack(MIXED), "pmc")[0]) == ["pmc:PMC5"]
    assert names(read(tmp_path, pack(MIXED), "trials")[0]) == ["nct:NCT00000001"]
    assert names(read(tmp_path, pack(MIXED), "guideline")[0]) == []


def test_a_zip_is_read_by_name_and_a_tar_in_its_order(tmp_path: Path) -> None:
    members = [(f"pubmed24n000{n}.xml", pubmed_xml(article(n)).encode()) for n in (3, 1, 2)]
    assert names(read(tmp_path, zipped(members))[0]) == ["pubmed:1", "pubmed:2", "pubmed:3"]
    assert names(read(tmp_path, tarred(members))[0]) == ["pubmed:3", "pubmed:1", "pubmed:2"]


@EACH
def test_a_bad_member_is_named_and_the_rest_goes_on(tmp_path: Path, pack: Callable[[Members], bytes]) -> None:
    members = [
        ("1.json", TRIAL),
        ("2/cut.xml", pubmed_xml(article(1)).encode()[:-60]),
        ("3.jsonl", b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000002", "briefTitle": "x"}}}\n{x'),
        ("4.xml", b""),
        ("5.zip", zipped(MIXED)),
        ("6.tar.gz", tarred(MIXED, "w:gz")),
        ("7.json", study("NCT00000003").encode()),
    ]
    found, error = read(tmp_path, pack(members))
    assert error == ""
    assert names(found) == ["nct:NCT00000001", "nct:NCT00000002", "nct:NCT00000003"]
    told = problems(found)
    assert [record for record, _ in told] == [
        "member 2/cut.xml",
        "member 3.jsonl: line 2",
        "member 4.xml",
        "member 5.zip",
        "member 6.tar.gz",
    ]
    assert "ends inside a <PubmedArticle>" in told[0][1]
    assert "empty" in told[2][1]
    assert told[3][1] == told[4][1] == "is an archive inside an archive"
    assert all(item.mend for item in found if isinstance(item, Problem))
    assert "citewell-" not in str(found)  # no temporary file's name


@EACH
@pytest.mark.parametrize("name", ["/etc/x.json", "../x.json", "a/../../x.json", "..\\x.json", "C:\\x.json"])
def test_names_that_lead_elsewhere_are_passed_over(tmp_path: Path, pack: Callable[[Members], bytes], name: str) -> None:
    found, error = read(tmp_path, pack([(name, TRIAL), ("good.json", study("NCT00000002").encode())]))
    assert error == ""
    assert names(found) == ["nct:NCT00000002"]
    assert [reason for _, reason in problems(found)] == ["its name leads out of the archive"]


def test_links_and_devices_are_passed_over(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, kind in [("1.json", tarfile.SYMTYPE), ("2.json", tarfile.LNKTYPE), ("3.json", tarfile.CHRTYPE)]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            file.addfile(info)
    assert [reason for _, reason in problems(read(tmp_path, out.getvalue())[0])] == [
        "is a link or a device, not a file"
    ] * 3
    link = zipfile.ZipInfo("1.json")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(link, "/etc/passwd")
    assert [reason for _, reason in problems(read(tmp_path, out.getvalue())[0])] == [
        "is a link or a device, not a file"
    ]


def test_names_are_shown_without_what_does_not_print(tmp_path: Path) -> None:
    found, _ = read(tmp_path, zipped([("a\u202eb\n\x1b[2J.json", b"{"), ("x" * 5000 + ".json", b"")]), "trials")
    for record, _ in problems(found):
        assert record.isprintable()
        assert len(record) < 300


def test_what_a_guideline_is_called_comes_from_its_own_name(tmp_path: Path) -> None:
    text = "# Advice\n\n## Recommendations\n\n- Rest.\n"
    members = [(f"{name}.md", f"---\npublisher: WHO\n---\n{text}".encode()) for name in ("asthma", "gout")]
    found = {name.partition("@")[0] for name in names(read(tmp_path, zipped(members), "guideline")[0])}
    direct = set()
    for name, content in members:
        direct |= {item.partition("@")[0] for item in names(read(tmp_path, content, "guideline", name)[0])}
    assert found == direct
    assert len(found) == 2


def test_encrypted_and_oddly_packed_members_are_said_so(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.json", TRIAL), ("b.json", study("NCT00000002").encode())]))
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    content[local + 6] |= 1
    content[central + 8] |= 1
    found, _ = read(tmp_path, bytes(content))
    assert names(found) == ["nct:NCT00000002"]
    assert [record for record, reason in problems(found) if "encrypted" in reason] == ["member a.json"]
    content = bytearray(zipped([("a.json", TRIAL)]))
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 10, 93)
    assert "method 93" in problems(read(tmp_path, bytes(content))[0])[0][1]


def test_a_damaged_member_of_a_zip_leaves_the_others(tmp_path: Path) -> None:
    content = bytearray(zipped([("a.json", TRIAL), ("b.json", study("NCT00000002").encode())], zipfile.ZIP_STORED))
    content[content.index(b"metformin")] ^= 0xFF
    found, error = read(tmp_path, bytes(content))
    assert error == ""
    assert names(found) == ["nct:NCT00000002"]
    assert "is damaged (Bad CRC-32" in problems(found)[0][1]


@pytest.mark.parametrize("pack", [KINDS[name] for name in ("zip", "tar.gz", "tar.xz", "tar.bz2")])
def test_a_bomb_is_stopped_and_what_came_before_is_kept(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[Members], bytes]
) -> None:
    monkeypatch.setattr(compressed, "FREE", 1 << 20)
    found, error = read(tmp_path, pack([("a.json", TRIAL), ("b.json", bytes(8 << 20))]))
    assert names(found) in (["nct:NCT00000001"], [])  # of a tar, a block may hold both
    assert "unpacks to more than 200 times its size" in error
    assert list(scratch.iterdir()) == []


@EACH
def test_a_member_that_is_too_large_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[Members], bytes]
) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 1 << 10)
    found, error = read(tmp_path, pack([("a.json", TRIAL + b" " * 2000), ("b.json", study("NCT00000002").encode())]))
    assert error == ""
    assert names(found) == ["nct:NCT00000002"]
    assert "is larger than" in problems(found)[0][1]


@EACH
def test_too_many_members_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[Members], bytes]
) -> None:
    monkeypatch.setattr(archive_members, "MAX_MEMBERS", 3)
    assert "has more than 3 members" in read(tmp_path, pack([(f"{n}.json", TRIAL) for n in range(4)]))[1]


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = zipped([(f"{n}.json", TRIAL) for n in range(50)])
    monkeypatch.setattr(archive_members, "MAX_DIRECTORY", 1000)
    assert "split it" in read(tmp_path, content)[1]
    end = content.index(b"PK\x05\x06")
    monkeypatch.undo()
    large = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 50, 50, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    assert "split it" in read(tmp_path, content[:end] + large + locator + content[end:])[1]


def test_headers_of_a_tar_that_claim_too_much_are_refused(tmp_path: Path) -> None:
    for kind, size, reason in [
        (tarfile.GNUTYPE_LONGNAME, 1 << 33, "a header of more than 1 MiB"),
        (tarfile.XHDTYPE, 1 << 33, "a header of more than 1 MiB"),
        (tarfile.REGTYPE, -512, "negative size"),
        (tarfile.GNUTYPE_SPARSE, 0, "holes"),
    ]:
        info = tarfile.TarInfo("x")
        info.type, info.size = kind, size
        content = tarred([("a.json", TRIAL)])[:1024] + info.tobuf(tarfile.GNU_FORMAT) + bytes(10240)
        found, error = read(tmp_path, content)
        assert names(found) == ["nct:NCT00000001"]
        assert reason in error


def test_headers_without_end_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type = tarfile.XGLTYPE
    found, error = read(tmp_path, tarred([("a.json", TRIAL)])[:1024] + info.tobuf() * 5000 + bytes(1024))
    assert names(found) == ["nct:NCT00000001"]
    assert "is damaged" in error


@pytest.mark.parametrize("kind", [tarfile.XGLTYPE, tarfile.XHDTYPE])
def test_many_large_headers_of_one_member_are_refused(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 16 * 60_000
    header = info.tobuf() + b"".join(b"16 k%08d=v\n\n" % n for n in range(60_000))
    content = tarred([("a.json", TRIAL)])[:1024] + header * 40 + info.tobuf() + bytes(10240)
    with limited_memory(150 << 20):
        found, error = read(tmp_path, gzip.compress(content, 1))
    assert names(found) == ["nct:NCT00000001"]
    assert "more than 8 headers of one member" in error


def test_the_holes_of_a_file_are_not_counted(tmp_path: Path) -> None:
    holes = b"15000000\n" + b"0\n" * 30_000_000
    info = tarfile.TarInfo("b.json")
    info.size = len(holes)
    info.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "b.json", "GNU.sparse.realsize": "9"
    }  # fmt: skip
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT, compresslevel=1) as packed:
        packed.addfile(info, io.BytesIO(holes))
        last = tarfile.TarInfo("c.json")
        last.size = len(TRIAL)
        packed.addfile(last, io.BytesIO(TRIAL))
    with limited_memory(200 << 20):
        found, error = read(tmp_path, out.getvalue())
    assert error == ""
    assert names(found) == ["nct:NCT00000001"]
    assert "is a link or a device" in problems(found)[0][1]


def test_a_truncated_zip_is_named(tmp_path: Path) -> None:
    found, error = read(tmp_path, zipped(MIXED)[:-30])
    assert found == []
    assert "is no whole zip archive" in error
    assert "download" in error


def test_a_disk_without_room_is_named_with_the_way_on(tmp_path: Path, scratch: Path) -> None:
    content = zipped([("a.json", TRIAL), ("b.json", TRIAL + b" " * 100_000)])
    (tmp_path / "archive").write_bytes(content)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        found, error = read(tmp_path, content)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names(found) == ["nct:NCT00000001"]
    assert "set TMPDIR" in error
    assert list(scratch.iterdir()) == []


def test_a_zip_inside_gzip_is_named(tmp_path: Path) -> None:
    assert "is a zip inside gzip; unpack it" in read(tmp_path, gzip.compress(zipped(MIXED)))[1]


@pytest.mark.parametrize("first", ["mimetype", "[Content_Types].xml", "_rels/.rels", "META-INF/MANIFEST.MF"])
def test_a_document_that_is_a_zip_is_no_archive(tmp_path: Path, first: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped([(first, b"application/x"), ("a.json", TRIAL)]))
    assert not Archive("auto", [], find_parser).recognises(path, path.read_bytes()[:4096])


def test_it_is_known_by_its_content_and_by_its_name_where_the_user_says_so(tmp_path: Path) -> None:
    path = tmp_path / "odd.name"
    path.write_bytes(tarred([("a.xml", pubmed_xml(article(1)).encode())], "w:gz"))
    assert isinstance(find_parser(path), Archive)
    path.write_bytes(zipped([("a.pdf", b"%PDF-1.7")], zipfile.ZIP_STORED))
    assert isinstance(find_parser(path), Archive)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"nothing of the sort")
    assert isinstance(find_parser(broken, "pmc"), Archive)
    with pytest.raises(UnknownKindError, match=r"archive \(zip, tar\)"):
        find_parser(broken)


def test_it_is_read_again_when_a_parser_of_its_members_changes() -> None:
    class Newer:
        name, kind, version = "x", "trials", 2

    class Older(Newer):
        version = 1

    newer, older = (Archive("trials", [parser()], find_parser) for parser in (Newer, Older))  # type: ignore[list-item]
    assert newer.version > older.version


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_truncated_tar_gives_whole_members_and_says_so(tmp_path: Path, mode: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    whole = tarred([(f"{n}.json", study(f"NCT0000000{n}").encode()) for n in range(count)], mode)
    length = data.draw(st.integers(600 if mode == "w" else 1, len(whole) - 1))
    try:
        found, error = read(tmp_path, whole[:length])
    except (SourceError, UnknownKindError):
        return  # not even a header
    assert names(found) == [f"nct:NCT0000000{n}" for n in range(len(found))]
    if mode != "w" or length < 1024 * count + 512:  # beyond, only zeros are missing
        assert error


@given(
    pack=st.sampled_from(list(KINDS.values())),
    at=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=6),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_damage_anywhere_is_a_problem_or_named(
    tmp_path: Path, scratch: Path, pack: Callable[[Members], bytes], at: list[tuple[float, int]]
) -> None:
    content = bytearray(pack(MIXED))
    for place, change in at:
        content[int(place * len(content))] ^= change
    path = tmp_path / "damaged"
    path.write_bytes(content)
    try:
        parser = find_parser(path)
    except (SourceError, UnknownKindError):
        return
    if isinstance(parser, Archive):
        read(tmp_path, bytes(content))
        assert list(scratch.iterdir()) == []


def test_archives_go_into_the_library(tmp_path: Path, library: Library) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "all.zip").write_bytes(zipped([*MIXED, ("lipids.md", guideline("Lipids", "Offer a statin.").encode())]))
    report = ingest_files(library, [folder])
    assert report.added == 4
    assert report.failures == []
    assert len(report.skipped) == 3
    assert str(folder / "all.zip") in report.skipped[0]
    assert ingest_files(library, [folder]).files_unchanged == 1


def test_it_is_read_again_for_another_kind(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(MIXED))
    for kind in ("pubmed", "pmc", "trials"):
        assert ingest_files(library, [path], kind).added == 1
    assert ingest_files(library, [path], "trials").files_unchanged == 1


def test_genuine_archives_are_read(data_dir: Path) -> None:
    folder = data_dir / "ingest" / "ctgov_native"
    for path, expected in [
        (folder / "xml_sample.tar.xz", {"Document": 65, "Skipped": 1}),
        # one page of HTML among the studies; a zip, which is refused; two feeds of search results
        (folder / "aact" / "spec_xml.tar.xz", {"Document": 71, "Problem": 1, "Skipped": 2}),
    ]:
        assert Counter(type(item).__name__ for item in find_parser(path).parse(path)) == expected
