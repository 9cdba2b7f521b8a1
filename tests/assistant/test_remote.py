"""The command line's way through a running server: in requests of the size the server takes, and stopped when the user stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from documents import article, pubmed
from hashed_embedder import HashedEmbedder
from serving import served

from assistant.api import ingest as ingest_api
from assistant.api.app import create_app
from assistant.api.ingest import Intake
from assistant.cli.remote import Remote
from assistant.errors import ServerError
from assistant.service import Assistant
from indexes.embedding import Vectors
from ingestion.errors import UnknownKindError
from ingestion.jobs import Jobs
from ingestion.library import Library
from ingestion.report import Progress
from ingestion.uploads import Uploads

LIMIT = 1 << 20


@contextmanager
def remote(home: Path, embedder: HashedEmbedder | None = None) -> Iterator[tuple[Remote, Library]]:
    with Library.open(home, purpose="a test", embedder=embedder or HashedEmbedder()) as library:
        intake = Intake(Jobs(library, home / "jobs"), Uploads(home), limit=LIMIT, token=None, is_local=True)
        with served(create_app(Assistant(library), intake)) as url, httpx.Client(base_url=url, timeout=60) as client:
            yield Remote(client), library


def folder_of(path: Path, count: int) -> Path:
    path.mkdir()
    for n in range(1, count + 1):
        (path / f"{n}.xml").write_text(pubmed(article(n, f"Trial {n}", conclusions="It helped.")))
    return path


def states(library: Library) -> list[str]:
    return sorted(
        path.read_text().split('"state":"')[1].split('"')[0] for path in (library.home / "jobs").glob("*.json")
    )


def test_more_than_a_request_may_hold_goes_in_several_and_makes_one_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_api, "MAX_FILES", 2)
    folder = folder_of(tmp_path / "in", 5)
    (folder / "big.xml").write_text(pubmed(article(9, "Big", conclusions="x " * LIMIT)))
    told: list[Progress] = []
    with remote(tmp_path / "home") as (server, library):
        report = server.ingest([folder, folder / "1.xml", folder / "none.xml"], "auto", told.append)
        assert (report.added, report.files) == (5, 5)
        assert states(library) == ["done"] * 3
    assert [(Path(file).name, "CITEWELL_UPLOAD_LIMIT" in mend) for file, _, _, mend in report.failures] == [
        ("big.xml", True),
        ("none.xml", False),
    ]
    assert any(progress.file.startswith("sending") for progress in told)
    assert told[-1].done_bytes <= told[-1].total_bytes == sum(path.stat().st_size for path in folder.glob("?.xml"))
    assert [p.done_bytes for p in told] == sorted(p.done_bytes for p in told)


def test_a_manifest_is_no_file_to_send_and_one_that_is_wrong_is_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", 2)
    manifest = folder / "citewell-manifest.toml"
    manifest.write_text('["1.xml"]\nissuer = "WHO"\n')
    with remote(tmp_path / "home") as (server, _):
        report = server.ingest([folder], "auto", lambda _: None)
        assert report.added == 1
        assert [Path(file).name for file, *_ in report.failures] == ["1.xml"]
        assert "stop the server" in report.failures[0][3]
        manifest.write_text("[")
        report = server.ingest([folder], "auto", lambda _: None)
    assert (report.added, report.files) == (0, 0)
    assert [(Path(file).name, "is not TOML" in reason) for file, _, reason, _ in report.failures] == [
        ("citewell-manifest.toml", True)
    ]


def test_who_stops_waiting_stops_the_job(tmp_path: Path) -> None:
    class Slow(HashedEmbedder):
        going = threading.Event()

        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            assert self.going.wait(60)
            return super().embed_passages(texts)

    def stop(progress: Progress) -> None:
        if not progress.file.startswith("sending"):
            raise KeyboardInterrupt

    with remote(tmp_path / "home", Slow()) as (server, library):
        with pytest.raises(KeyboardInterrupt):
            server.ingest([folder_of(tmp_path / "in", 3)], "auto", stop)
        Slow.going.set()
        deadline = time.monotonic() + 60
        while states(library) != ["cancelled"] and time.monotonic() < deadline:
            time.sleep(0.02)
        assert states(library) == ["cancelled"]


def test_a_wrong_call_sends_nothing(tmp_path: Path) -> None:
    with remote(tmp_path / "home") as (server, library):
        with pytest.raises(UnknownKindError, match="'leaflet'"):
            server.ingest([folder_of(tmp_path / "in", 1)], "leaflet", lambda _: None)
        assert not (library.home / "uploads").exists()


def test_a_server_of_another_version_is_told(tmp_path: Path) -> None:
    with (
        Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library,
        served(create_app(Assistant(library))) as url,
        httpx.Client(base_url=url) as client,
        pytest.raises(ServerError, match="same version"),
    ):
        Remote(client).ingest([folder_of(tmp_path / "in", 1)], "auto", lambda _: None)
