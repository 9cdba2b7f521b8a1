"""NLM's files: whole or not at all, in their order, fetched once, and room for them looked for first."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native import article, deletion, pubmed_xml
from scripted_service import Reply, Request, Server, remembering

from ingestion import bulk as driver
from ingestion.bulk import Plan, Selection, ingest_bulk, plan
from ingestion.clients import pubmed_bulk
from ingestion.clients.download import download
from ingestion.clients.http import Http
from ingestion.clients.pubmed_bulk import PubMedBulk, open_bulk
from ingestion.errors import IngestionError, LiveSourceError, QueryError
from ingestion.library import Library
from ingestion.report import Progress, Report

ALL = Selection(updates=True)
Fault = Callable[[Request, Reply], Reply]


def packed(*records: str) -> bytes:
    return gzip.compress(pubmed_xml(*records).encode(), mtime=0)


@dataclass
class Nlm:
    """A file server like NLM's: files by path, listings and MD5s made from them, Range honoured. `faults` change answers by path, in turn."""

    files: dict[str, bytes]
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    odd: str = ""  # more lines of the baseline's listing
    sized: bool = True

    def __call__(self, request: Request) -> Reply:
        path = request.path.removeprefix("/pubmed/")
        waiting = self.faults.get(path)
        fault = waiting.pop(0) if waiting else None
        reply = self._honest(path, request)
        return fault(request, reply) if fault else reply

    def _honest(self, path: str, request: Request) -> Reply:
        if path in ("baseline/", "updatefiles/"):
            lines = [self._line(name) for name in self.files if name.startswith(path)]
            return Reply(f"<html><pre>{self.odd if path == 'baseline/' else ''}{''.join(lines)}</pre></html>".encode())
        if path.removesuffix(".md5") not in self.files:
            return Reply(status=404)
        body = self.files[path.removesuffix(".md5")]
        if path.endswith(".md5"):
            name = path.rpartition("/")[2].removesuffix(".md5")
            return Reply(f"MD5({name})= {hashlib.md5(body).hexdigest()}\n".encode())  # noqa: S324 - NLM's choice
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if not asked or request.headers.get("if-range") != tag:
            return Reply(body, headers={"ETag": tag})
        start = int(asked[1])
        if start >= len(body):
            return Reply(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
        span = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return Reply(body[start:], 206, {"ETag": tag, "Content-Range": span})

    def _line(self, path: str) -> str:
        name = path.rpartition("/")[2]
        size = len(self.files[path]) if self.sized else "-"
        return (
            f'<a href="{name}">{name}</a>   2026-01-09 14:{len(self.files[path]) % 60:02}  {size}   \n'
            f'<a href="{name}.md5">{name}.md5</a>   2026-01-09 14:48   60   \n'
        )


def nlm(**faults: list[Fault]) -> Nlm:
    """Two files of the baseline and two of updates: the first update withdraws an article, the second changes one and brings one back."""
    return Nlm(
        {
            "baseline/pubmed26n0001.xml.gz": packed(article(1), article(2)),
            "baseline/pubmed26n0002.xml.gz": packed(article(3, "As it was."), article(4)),
            "updatefiles/pubmed26n0003.xml.gz": packed(article(3, "As revised."), deletion(1, 2)),
            "updatefiles/pubmed26n0004.xml.gz": packed(article(3, "As revised again."), article(2)),
        }
    )


FIRST, SECOND, THIRD, FOURTH = list(nlm().files)


@contextmanager
def service(answer: Callable[[Request], Reply]) -> Iterator[tuple[Server, Http]]:
    with (
        remembering(answer) as server,
        Http(
            f"{server.url}pubmed/", name="NLM's file server", per_second=1000, timeout=10, sleep=lambda _: None
        ) as http,
    ):
        yield server, http


def run(library: Library, answer: Nlm, selection: Selection = ALL) -> tuple[Report, list[str]]:
    """The report, and the paths below `/pubmed/` that were asked for."""
    report = Report()
    with service(answer) as (server, http), open_bulk(http, library.home) as bulk:
        ingest_bulk(library, bulk, selection, report)
    return report, [request.path.removeprefix("/pubmed/") for request in server.requests]


def texts(library: Library) -> dict[str, str]:
    return {passage.document_id: passage.text for passage in library.ledger.passages()}


def drop(at: int) -> Fault:
    return lambda _, reply: Reply(reply.body, reply.status, reply.headers, sent=at)


def answer(status: int, body: bytes = b"") -> Fault:
    return lambda _, __: Reply(body, status)


def whole(request: Request, reply: Reply) -> Reply:
    """A server that knows no Range."""
    return Nlm._honest(nlm(), request.path.removeprefix("/pubmed/"), Request("GET", "", "", {}, {}))


def downloads(asked: list[str]) -> list[str]:
    return [path for path in asked if path.endswith(".gz")]


# in their order


def test_a_later_file_has_the_last_word(library: Library) -> None:
    report, asked = run(library, nlm())
    assert (report.failures, report.deleted) == ([], 2)
    found = texts(library)
    assert set(found) == {"pubmed:2", "pubmed:3", "pubmed:4"}
    assert found["pubmed:3"] == "As revised again."
    assert downloads(asked) == list(nlm().files)


def test_without_updates_only_the_baseline_is_fetched_and_a_range_is_kept_to(library: Library) -> None:
    assert downloads(run(library, nlm(), Selection(first=2))[1]) == [SECOND]
    assert downloads(run(library, nlm(), Selection())[1]) == [FIRST]
    assert downloads(run(library, nlm(), Selection(updates=True, last=3))[1]) == [THIRD]
    with pytest.raises(QueryError, match="it has 1 to 4"):
        run(library, nlm(), Selection(first=5))


@pytest.mark.parametrize("keep", [True, False])
def test_a_second_run_fetches_nothing(keep: bool, library: Library) -> None:
    selection = Selection(updates=True, keep=keep)
    run(library, nlm(), selection)
    before = texts(library)
    report, asked = run(library, nlm(), selection)
    assert (report.added, report.changed, report.files) == (0, 0, 0)
    assert asked == ["baseline/", "updatefiles/"]
    assert texts(library) == before
    kept = sorted(path.name for path in library.home.rglob("*.xml.gz"))
    assert kept == ([Path(path).name for path in nlm().files] if keep else [])


@pytest.mark.parametrize("keep", [True, False])
def test_a_file_that_comes_late_does_not_get_the_last_word(keep: bool, library: Library) -> None:
    selection = Selection(updates=True, keep=keep)
    missing = nlm()
    missing.faults[f"{THIRD}.md5"] = [answer(404)]
    report, _ = run(library, missing, selection)
    assert [Path(file).name for file, *_ in report.failures] == ["pubmed26n0003.xml.gz"]
    assert set(texts(library)) == {"pubmed:1", "pubmed:2", "pubmed:3", "pubmed:4"}
    report, asked = run(library, nlm(), selection)
    assert report.failures == []
    assert texts(library)["pubmed:3"] == "As revised again."
    assert set(texts(library)) == {"pubmed:2", "pubmed:3", "pubmed:4"}
    assert downloads(asked) == ([THIRD] if keep else [THIRD, FOURTH])


def test_a_run_that_dies_before_the_later_files_are_read_again_leaves_that_to_the_next(library: Library) -> None:
    missing = nlm()
    missing.faults[f"{THIRD}.md5"] = [answer(404)]
    run(library, missing)

    def die(stand: Progress) -> None:
        if stand.file == Path(FOURTH).name:
            raise KeyboardInterrupt

    with service(nlm()) as (_, http), open_bulk(http, library.home) as bulk, pytest.raises(KeyboardInterrupt):
        ingest_bulk(library, bulk, ALL, Report(), on_progress=die)
    report, _ = run(library, nlm(), Selection(last=1))  # whatever is asked for next
    assert report.files == 1
    assert texts(library)["pubmed:3"] == "As revised again."
    assert set(texts(library)) == {"pubmed:2", "pubmed:3", "pubmed:4"}
    assert run(library, nlm())[0].files == 0


def test_last_years_updates_are_not_read_after_this_years_baseline(library: Library) -> None:
    turned = nlm()
    turned.files["updatefiles/pubmed25n1500.xml.gz"] = packed(article(3, "As it was last year."))
    turned.files["baseline/pubmed25n0001.xml.gz"] = packed(article(3, "As it was last year."))
    _, asked = run(library, turned)
    assert downloads(asked) == list(nlm().files)


def test_a_file_that_nlm_replaces_is_fetched_again(library: Library) -> None:
    run(library, nlm())
    changed = nlm()
    changed.files[FOURTH] = packed(article(3, "As revised at last."), article(2), article(5))
    _, asked = run(library, changed)
    assert downloads(asked) == [FOURTH]
    assert texts(library)["pubmed:3"] == "As revised at last."


# whole or not at all


@pytest.mark.parametrize("at", [0, 1, 100])
def test_a_file_that_breaks_off_is_gone_on_with(at: int, library: Library) -> None:
    broken = nlm()
    broken.faults[FIRST] = [drop(at)]
    with service(broken) as (server, http), open_bulk(http, library.home) as bulk:
        ingest_bulk(library, bulk, Selection(last=1), report := Report())
        ranges = [request.headers.get("range") for request in server.requests if request.path.endswith(FIRST)]
    assert (report.added, report.failures) == (2, [])
    assert ranges == [None, f"bytes={at}-" if at else None]


def test_the_next_run_goes_on_where_this_one_stopped(library: Library) -> None:
    broken = nlm()
    broken.faults[FIRST] = [drop(100), *[answer(500)] * 20]
    report, _ = run(library, broken, Selection(last=1))
    ((file, _, reason, _),) = report.failures
    assert Path(file).name in reason
    assert [path.stat().st_size for path in library.home.rglob("*.part")] == [100]
    with service(nlm()) as (server, http), open_bulk(http, library.home) as bulk:
        ingest_bulk(library, bulk, Selection(last=1), report := Report())
    assert (report.added, report.failures) == (2, [])
    assert server.requests[-1].headers["range"] == "bytes=100-"
    assert not list(library.home.rglob("*.part*"))


@pytest.mark.parametrize(
    "second",
    [
        whole,
        lambda request, reply: Reply(reply.body, 206, {**reply.headers, "Content-Range": "bytes 7-99/100"}),
        lambda request, reply: Reply(reply.body, 206),
        lambda request, reply: Reply(status=416, headers={"Content-Range": "bytes */7"}),
        lambda request, reply: Reply(reply.body[:-1], 206, {"Content-Range": reply.headers["Content-Range"]}),
    ],
    ids=["no range", "another part", "no range said", "not satisfiable", "too short"],
)
def test_a_server_that_answers_a_range_oddly_ends_in_the_whole_file(second: Fault, library: Library) -> None:
    broken = nlm()
    broken.faults[FIRST] = [drop(100), second]
    report, _ = run(library, broken, Selection(last=1))
    assert (report.added, report.failures) == (2, [])


def test_two_versions_of_a_file_are_never_joined(library: Library) -> None:
    broken = nlm()
    broken.faults[FIRST] = [drop(100), *[answer(500)] * 20]
    run(library, broken, Selection(last=1))
    changed = nlm()
    changed.files[FIRST] = packed(article(1), article(2), article(9))
    report, _ = run(library, changed, Selection(last=1))
    assert (report.added, report.failures) == (3, [])


@settings(max_examples=25, deadline=None)
@given(drops=st.lists(st.integers(1, 300), max_size=5))
def test_wherever_the_line_drops_the_file_is_the_same(drops: list[int]) -> None:
    broken = nlm()
    broken.faults[FIRST] = [drop(at) for at in drops]
    with service(broken) as (_, http), TemporaryDirectory() as folder:
        target = Path(folder) / "x.gz"
        download(http, FIRST, target, limit=1 << 20)
        assert target.read_bytes() == broken.files[FIRST]
        assert os.listdir(folder) == ["x.gz"]  # noqa: PTH208 - names


def test_a_wrong_md5_is_fetched_once_more(library: Library) -> None:
    wrong = nlm()
    wrong.faults[FIRST] = [lambda _, reply: Reply(reply.body[:-1] + b"x", 200, reply.headers)]
    report, asked = run(library, wrong, Selection(last=1))
    assert (report.added, report.failures) == (2, [])
    assert downloads(asked) == [FIRST, FIRST]


def test_a_file_that_is_always_wrong_is_named_and_the_others_go_on(library: Library) -> None:
    wrong = nlm()
    wrong.faults[f"{FIRST}.md5"] = [answer(200, f"MD5(pubmed26n0001.xml.gz)= {'0' * 32}".encode())] * 2
    report, asked = run(library, wrong)
    ((file, _, reason, _),) = report.failures
    assert Path(file).name == "pubmed26n0001.xml.gz"
    assert reason.startswith("pubmed26n0001.xml.gz: came twice with another MD5")
    assert downloads(asked) == [FIRST, FIRST, SECOND, THIRD, FOURTH]
    assert set(texts(library)) == {"pubmed:2", "pubmed:3", "pubmed:4"}
    assert not (library.home / "fetched" / FIRST).exists()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>none</html>",
        f"MD5(pubmed26n0002.xml.gz)= {'0' * 32}".encode(),
        f"{'0' * 32} {'1' * 32}".encode(),
        b"0" * 40,
    ],
)
def test_what_cannot_be_proved_is_left_out(text: bytes, library: Library) -> None:
    unproved = nlm()
    unproved.faults[f"{FIRST}.md5"] = [answer(200, text)]
    report, asked = run(library, unproved, Selection(last=1))
    assert "no MD5 to prove it by" in report.failures[0][2]
    assert downloads(asked) == []


@pytest.mark.parametrize("fault", [answer(500), answer(429), drop(5)])
def test_a_server_that_stumbles_is_asked_again(fault: Fault, library: Library) -> None:
    stumbling = nlm()
    stumbling.faults = {path: [fault] for path in ("baseline/", "updatefiles/", FIRST, f"{FIRST}.md5")}
    report, _ = run(library, stumbling)
    assert report.failures == []
    assert set(texts(library)) == {"pubmed:2", "pubmed:3", "pubmed:4"}


def test_a_server_that_gives_no_file_is_left_alone_after_a_few(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = nlm()
    dead.faults = {path: [answer(404)] * 9 for path in nlm().files}
    report, asked = run(library, dead)
    assert len(report.failures) == driver.IN_A_ROW < len(dead.files)
    assert "the rest was not asked for" in report.failures[-1][3]
    assert downloads(asked) == [FIRST, SECOND, THIRD]


def test_a_memory_that_is_lost_proves_the_files_again_and_fetches_none(library: Library) -> None:
    run(library, nlm())
    for wreck in ("", "[]", "{", '{"pubmed26n0001.xml.gz": 7}'):
        (library.home / "fetched" / "baseline" / "state.json").write_text(wreck)
        report, asked = run(library, nlm())
        assert downloads(asked) == []
        assert (report.failures, texts(library)["pubmed:3"]) == ([], "As revised again.")


# the listing


def test_odd_links_are_passed_over(library: Library, tmp_path: Path) -> None:
    names = [
        "../../x.xml.gz",
        "../../pubmed26n0009.xml.gz",
        "/etc/pubmed26n0009.xml.gz",
        "pubmed26n0009.xml.gz/../x",
        "https://elsewhere.example/pubmed26n0009.xml.gz",
        "pubmed26n0009.xml.gz%00",
        "pubmed26n٠٠٠٩.xml.gz",
        "pubmed26n0009.xml",
        "PUBMED26N0009.XML.GZ",
        "?C=N;O=D",
    ]
    odd = nlm()
    odd.odd = "".join(f'<a href="{name}">{name}</a> 2026-01-09 14:48 19M\n' for name in names)
    before = set(tmp_path.parent.iterdir())
    _, asked = run(library, odd)
    assert downloads(asked) == list(nlm().files)
    assert set(tmp_path.parent.iterdir()) == before


@given(st.text(max_size=300))
def test_any_listing_yields_only_names_of_nlms_form(text: str) -> None:
    for line in pubmed_bulk._LINE.finditer(text + '<a href="pubmed26n0001.xml.gz">x</a>' + text):
        assert re.fullmatch(r"pubmed\d\dn\d{4,6}\.xml\.gz", line["name"])


@pytest.mark.parametrize("charset", ["zlib", "hex", "idna", "rot13", "undefined", "bz2", "utf-16", "punycode"])
def test_a_listing_is_read_as_what_it_is_whatever_it_says(charset: str, tmp_path: Path) -> None:
    files = nlm()

    def answer(request: Request) -> Reply:
        reply = files(request)
        return replace(reply, headers={**reply.headers, "Content-Type": f"text/html; charset={charset}"})

    with service(answer) as (_, http):
        bulk = PubMedBulk(http, tmp_path)
        listed = bulk.listing()
        assert [file.name for file in listed] == [name.rpartition("/")[2] for name in (FIRST, SECOND, THIRD, FOURTH)]
        assert bulk.obtain(listed[0]).read_bytes() == files.files[FIRST]


def test_a_listing_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed_bulk, "MOST_FILES", 1)
    with service(nlm()) as (_, http), pytest.raises(LiveSourceError, match="lists more than 1 files"):
        PubMedBulk(http, tmp_path).listing()


@pytest.mark.parametrize(
    ("rest", "size"),
    [
        ("  2026-01-09 14:48   19M", int(19.5 * (1 << 20))),
        ("  2026-01-09 14:48  1.5G ", 2 << 30),
        ("  2026-01-09 14:48  582", 582),
        ("  2026-01-09 14:48", pubmed_bulk.TYPICAL),
        ("  2026-01-09 14:48  -", pubmed_bulk.TYPICAL),
        ("", pubmed_bulk.TYPICAL),
    ],
)
def test_sizes_are_read_off_the_listing(rest: str, size: int) -> None:
    assert pubmed_bulk._stamp(rest)[1] == size


def test_a_server_without_files_is_told(library: Library) -> None:
    with pytest.raises(LiveSourceError, match="CITEWELL_PUBMED_FTP_URL"):
        run(library, Nlm({}))


# room


def planned(library: Library, server: Nlm, selection: Selection) -> Plan:
    with service(server) as (_, http), open_bulk(http, library.home) as bulk:
        return plan(bulk, selection)


def test_the_room_that_is_needed_is_known_before(library: Library) -> None:
    sizes = [len(body) for body in nlm().files.values()]
    ahead = planned(library, nlm(), ALL)
    assert (ahead.to_fetch, ahead.coming, ahead.needed) == (4, sum(sizes), sum(sizes))
    assert planned(library, nlm(), Selection(updates=True, keep=False)).needed == 2 * max(sizes)
    unsized = nlm()
    unsized.sized = False
    assert planned(library, unsized, ALL).needed == 4 * pubmed_bulk.TYPICAL
    run(library, nlm(), Selection(last=1))
    assert planned(library, nlm(), ALL).coming == sum(sizes[1:])


def test_without_room_nothing_is_fetched(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(library.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type(usage)(usage.total, usage.total - 100, 100))
    with pytest.raises(IngestionError, match=r"needs 0\.0 MB and has 0\.0 MB free.*--no-keep"):
        run(library, nlm())
    assert not list(library.home.rglob("*.gz"))


def test_a_file_that_finds_no_room_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type(usage)(usage.total, usage.total - 100, 100))
    with service(nlm()) as (_, http), pytest.raises(IngestionError, match="make room"):
        download(http, FIRST, tmp_path / "x.gz", limit=1 << 20)
    assert not list(tmp_path.iterdir())


def test_a_mirror_without_updates_gives_its_baseline(library: Library) -> None:
    mirror = nlm()
    mirror.faults["updatefiles/"] = [answer(404)]
    report, asked = run(library, mirror)
    assert (downloads(asked), report.failures) == ([FIRST, SECOND], [])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_with_the_way_on(tmp_path: Path) -> None:
    (tmp_path / "x.gz.part").symlink_to("/dev/full")
    with service(nlm()) as (_, http), pytest.raises(IngestionError, match="make room"):
        download(http, FIRST, tmp_path / "x.gz", limit=1 << 20)


def test_a_second_fetcher_waits_its_turn(tmp_path: Path) -> None:
    with (
        service(nlm()) as (_, http),
        open_bulk(http, tmp_path),
        pytest.raises(LiveSourceError, match="Another process"),
        open_bulk(http, tmp_path),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with service(nlm()) as (_, http), pytest.raises(IngestionError, match="permissions"), open_bulk(http, tmp_path):
        pass


@pytest.mark.parametrize("limit", [10, 200])
def test_a_file_beyond_its_limit_is_not_taken(limit: int, tmp_path: Path) -> None:
    with service(nlm()) as (_, http), pytest.raises(LiveSourceError, match="more than"):
        download(http, FIRST, tmp_path / "x.gz", limit=limit)
    assert not (tmp_path / "x.gz").exists()
