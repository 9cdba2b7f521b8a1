"""Ingestion over HTTP: files in, a job out, questions answered meanwhile; hostile uploads and strangers are refused."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import portalocker
import pytest
from documents import article, guideline, pubmed
from fastapi import FastAPI
from hashed_embedder import HashedEmbedder
from pydantic import SecretStr
from serving import served

from assistant.answer import Answer
from assistant.api import ingest as ingest_api
from assistant.api import uploading
from assistant.api.app import create_app
from assistant.api.ingest import Intake
from assistant.jobs import read_report, report_view
from assistant.service import Assistant
from indexes.embedding import Embedder, Vectors
from ingestion.jobs import Jobs
from ingestion.library import Library
from ingestion.report import Report
from ingestion.uploads import Uploads
from ui.origin import SameOrigin

WORKS = ("starter", "retry", "reindex", "optimize", "snapshot")
TOKEN = "correct horse battery staple"  # noqa: S105 - of the servers here
FINDING = "Zibotentan lowered systolic blood pressure by 12.5 mm Hg against placebo in adults with hypertension."
QUESTION = "Does zibotentan lower blood pressure in hypertension?"
ARTICLE = pubmed(article(1, "Zibotentan trial", conclusions=FINDING)).encode()
LIMIT = 1 << 20


@contextmanager
def serving(
    home: Path, *, embedder: Embedder | None = None, limit: int = LIMIT, token: str | None = None, is_local: bool = True
) -> Iterator[httpx.Client]:
    """A server over the library in `home`, asked by a program."""
    with Library.open(home, purpose="a test", embedder=embedder or HashedEmbedder()) as library:
        jobs = Jobs(library, home / "jobs")
        secret = SecretStr(token) if token else None
        intake = Intake(jobs, Uploads(home), limit=limit, token=secret, is_local=is_local)
        app: FastAPI = create_app(Assistant(library), intake)
        app.add_middleware(SameOrigin)
        with served(app) as url, httpx.Client(base_url=url, timeout=60) as client:
            yield client


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def client(home: Path) -> Iterator[httpx.Client]:
    with serving(home) as client:
        yield client


def check_problem(response: httpx.Response, status: int) -> str:
    """It is a problem document of that status; its detail."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def over(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """The job that the response tells of, once it is over."""
    assert response.status_code == 202, response.text
    url, deadline = response.headers["location"], time.monotonic() + 60
    assert url == response.json()["url"]
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(url).json()
        if job["state"] in {"done", "failed", "cancelled"}:
            return job
        time.sleep(0.02)
    raise AssertionError(job)


def kept(home: Path) -> set[str]:
    """The names of the files that uploads have left."""
    return {path.name for path in (home / "uploads").rglob("*") if path.is_file()}


def test_files_that_are_sent_are_ingested_and_the_job_tells_what_became_of_them(
    client: httpx.Client, home: Path
) -> None:
    files = [
        ("files", ("a.xml", ARTICLE)),
        ("files", ("../../g.md", guideline("On zibotentan", "Adults should be offered zibotentan.").encode())),
        ("files", ("empty.xml", b"")),
        ("files", ("photo.jpg", b"\xff\xd8\xff\xe0")),
    ]
    job = over(client, client.post("/v1/ingest", files=files))
    assert (job["state"], job["work"], job["kind"], job["error"]) == ("done", "files", "auto", "")
    assert (job["report"]["added"], job["report"]["files"]) == (2, 2)
    failures = {Path(failure["file"]).name: failure for failure in job["report"]["failures"]}
    assert failures.keys() == {"empty.xml", "photo.jpg"}
    assert "again" in failures["empty.xml"]["reason"]
    assert "leave the file out" in failures["photo.jpg"]["reason"]
    assert [Path(file).name for file in job["files"]] == ["a.xml", "g.md", "empty.xml", "photo.jpg"]
    assert kept(home) == {"a.xml", "g.md", "empty.xml", "photo.jpg"}
    assert client.get("/v1/documents/pubmed:1").status_code == 200
    listed = client.get("/v1/ingest").json()
    assert [each["id"] for each in listed["jobs"]] == [job["id"]]
    assert (listed["upload_bytes"], listed["upload_files"]) == (LIMIT, uploading.MAX_FILES)
    again = over(client, client.post("/v1/ingest", files=files[:2]))
    assert (again["report"]["files_unchanged"], again["report"]["added"]) == (2, 0)


def test_a_kind_is_heeded_and_one_that_there_is_not_is_refused(client: httpx.Client, home: Path) -> None:
    job = over(client, client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, data={"kind": "trials"}))
    assert job["kind"] == "trials"
    assert (job["report"]["added"], len(job["report"]["failures"])) == (0, 1)
    wrong = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, data={"kind": "Jane Roe"})
    assert "Choose auto" in check_problem(wrong, 422)
    assert "Jane" not in wrong.text
    assert len(client.get("/v1/ingest").json()["jobs"]) == 1


def test_retry_and_removal_go_through_the_server(client: httpx.Client) -> None:
    files = [("files", ("a.xml", ARTICLE)), ("files", ("empty.xml", b""))]
    failed = over(client, client.post("/v1/ingest", files=files))
    again = over(client, client.post("/v1/ingest/retry"))
    assert again["report"]["failures"] == failed["report"]["failures"]
    removed = client.delete("/v1/documents/pubmed:1").json()
    assert (removed["document_id"], removed["title"], removed["passages"]) == ("pubmed:1", "Zibotentan trial", 1)
    assert "Copy the identifier" in check_problem(client.delete("/v1/documents/pubmed:1"), 404)
    assert client.get("/v1/documents/pubmed:1").status_code == 404
    assert client.post("/v1/search", json={"query": "zibotentan"}).json()["hits"] == []
    assert over(client, client.post("/v1/ingest", files=files[:1]))["report"]["added"] == 1
    assert client.delete("/v1/documents/pubmed:1?for_good=true").status_code == 200
    other = over(client, client.post("/v1/ingest", files={"files": ("b.xml", ARTICLE.replace(b"trial", b"study"))}))
    assert (other["report"]["added"], other["report"]["excluded"]) == (0, 1)


@pytest.mark.slow
def test_the_starter_library_is_ingested_by_the_server(client: httpx.Client) -> None:
    assert over(client, client.post("/v1/ingest/starter"))["report"]["added"] > 100


class Held:
    """An embedder that lets no text about sparsentan through until it may."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimension, self.embed_query = embedder.name, embedder.dimension, embedder.embed_query
        self._embedder = embedder
        self.open, self.waiting = threading.Event(), threading.Event()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if any("Sparsentan" in text for text in texts):
            self.waiting.set()
            assert self.open.wait(60)
        return self._embedder.embed_passages(texts)


def test_questions_are_answered_while_a_job_runs_from_whole_documents_only(
    home: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.windows.WINDOW_PASSAGES", 1)  # else both files would be one batch
    held = Held(assistant.library.searcher.embedder)
    later = pubmed(
        *(article(n, f"Sparsentan {n}", conclusions="Sparsentan lowered blood pressure by 30 mm Hg in hypertension.") for n in range(100, 140))
    )  # fmt: skip
    with serving(home, embedder=held) as client:
        try:
            files = [("files", ("a.xml", ARTICLE)), ("files", ("b.xml", later.encode()))]
            job = client.post("/v1/ingest", files=files).json()
            assert held.waiting.wait(60)
            deadline = time.monotonic() + 60
            while not (answer := _asked(client)).claims and time.monotonic() < deadline:
                time.sleep(0.05)  # the first file's batch may still be on its way
            assert [claim.text for claim in answer.claims] == [FINDING]
            for claim in answer.claims:
                for citation in claim.citations:
                    passage = client.get(f"/v1/passages/{citation.passage_id.replace('#', '%23')}").json()
                    assert passage["text"][citation.start : citation.end] == citation.quote
            running = client.get(job["url"]).json()
            assert running["state"] == "running"
            assert running["done_bytes"] < running["total_bytes"]
            assert client.get("/v1/documents/pubmed:100").status_code == 404
            busy = client.delete("/v1/documents/pubmed:1")
            assert "cancel it" in check_problem(busy, 409)
        finally:
            held.open.set()
        deadline = time.monotonic() + 60
        while client.get(job["url"]).json()["state"] != "done" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.get(job["url"]).json()["report"]["added"] == 41
        assert client.get("/v1/documents/pubmed:139").status_code == 200


def _asked(client: httpx.Client) -> Answer:
    return Answer.model_validate_json(client.post("/v1/ask", json={"question": QUESTION}).content)


def test_a_job_is_cancelled_and_one_that_is_not_there_is_told(home: Path) -> None:
    held = Held(HashedEmbedder())
    with serving(home, embedder=held) as client:
        sparsentan = pubmed(article(2, "Sparsentan trial", conclusions="Sparsentan helped.")).encode()
        running = client.post("/v1/ingest", files={"files": ("s.xml", sparsentan)})
        waiting = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)})
        assert held.waiting.wait(60)
        assert client.delete(waiting.json()["url"]).json()["state"] == "cancelled"
        assert client.delete(running.json()["url"]).json()["state"] == "running"
        held.open.set()
        assert over(client, running)["state"] == "cancelled"
        assert over(client, waiting)["report"] is None
        for method in ("GET", "DELETE"):
            assert "no such job" in check_problem(client.request(method, "/v1/ingest/none"), 404)


def test_jobs_go_on_after_a_restart(home: Path) -> None:
    held = Held(HashedEmbedder())
    sparsentan = [pubmed(article(n, "Sparsentan trial", conclusions="Sparsentan helped.")).encode() for n in (2, 3)]
    with serving(home, embedder=held) as client:
        first, second = (client.post("/v1/ingest", files={"files": ("s.xml", body)}).json() for body in sparsentan)
        assert held.waiting.wait(60)
        threading.Timer(0.5, held.open.set).start()  # while the server is stopping
    with serving(home) as client:
        for job in (first, second):
            response = httpx.Response(202, headers={"location": job["url"]}, json=job)
            assert over(client, response)["state"] == "done"
        assert all(client.get(f"/v1/documents/pubmed:{n}").status_code == 200 for n in (2, 3))


# who may ingest


@pytest.mark.parametrize("path", ["/v1/ingest", *(f"/v1/ingest/{work}" for work in WORKS)])
def test_a_page_of_another_site_can_send_nothing(client: httpx.Client, home: Path, path: str) -> None:
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"}):
        response = client.post(path, files={"files": ("a.xml", ARTICLE)}, headers=headers)
        check_problem(response, 403)
    assert client.get("/v1/ingest").json()["jobs"] == []
    assert kept(home) == set()


def test_a_server_for_others_takes_nothing_without_a_token(home: Path) -> None:
    with serving(home, is_local=False) as client:
        calls = [
            ("POST", "/v1/ingest"),
            ("GET", "/v1/ingest"),
            *(("POST", f"/v1/ingest/{work}") for work in WORKS),
            ("DELETE", "/v1/documents/x"),
        ]
        for method, path in calls:
            response = client.request(method, path, headers={"authorization": f"Bearer {TOKEN}"})
            assert "CITEWELL_INGEST_TOKEN" in check_problem(response, 403)
        assert client.post("/v1/search", json={"query": "aspirin"}).status_code == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For: 203.0.113.5", "Forwarded: for=203.0.113.5", "Via: 1.1 ward", "X-Real-IP: 203.0.113.5"]
)
def test_behind_a_proxy_a_server_for_this_machine_is_one_for_others(home: Path, header: str) -> None:
    name, _, value = header.partition(": ")
    with serving(home) as client:
        response = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, headers={name: value})
        assert "CITEWELL_INGEST_TOKEN" in check_problem(response, 403)
        assert client.post("/v1/search", json={"query": "aspirin"}, headers={name: value}).status_code == 200
    with serving(home, token=TOKEN) as client:
        known = {name: value, "authorization": f"Bearer {TOKEN}"}
        assert client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, headers=known).status_code == 202


@pytest.mark.parametrize("is_local", [True, False])
def test_a_token_that_is_set_must_be_given(home: Path, is_local: bool) -> None:
    with serving(home, token=TOKEN, is_local=is_local) as client:
        for given in (None, "", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", b"Bearer \xff"):
            headers = {} if given is None else {"authorization": given}
            response = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, headers=headers)  # type: ignore[arg-type]
            assert "CITEWELL_INGEST_TOKEN" in check_problem(response, 401)
            assert response.headers["www-authenticate"] == "Bearer"
            assert TOKEN not in response.text
        assert kept(home) == set()
        right = {"authorization": f"Bearer {TOKEN}"}
        assert client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}, headers=right).status_code == 202


# hostile uploads


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


FILE = b'Content-Disposition: form-data; name="files"; filename="a.xml"\r\n\r\n' + ARTICLE
MULTIPART = "multipart/form-data; boundary=x"
BAD: dict[str, tuple[str, bytes, int, str]] = {
    "no multipart": ("application/json", b"{}", 415, "curl -F"),
    "no boundary": ("multipart/form-data", form(FILE), 415, "curl -F"),
    "an endless boundary": (f"multipart/form-data; boundary={'x' * 5000}", form(FILE), 400, "well-formed"),
    "no type": ("", form(FILE), 415, "curl -F"),
    "nothing": (MULTIPART, b"", 400, "last boundary"),
    "no parts": (MULTIPART, b"--x--\r\n", 422, "at least one"),
    "garbage": (MULTIPART, b"\x00\xff" * 1000, 400, "well-formed"),
    "cut in a file": (MULTIPART, form(FILE)[:-20], 400, "last boundary"),
    "cut in a header": (MULTIPART, b"--x\r\nContent-Disp", 400, "last boundary"),
    "a part without a name": (MULTIPART, form(b"X: y\r\n\r\nz"), 422, "neither"),
    "another field": (MULTIPART, form(FILE, b'Content-Disposition: form-data; name="path"\r\n\r\n/etc/passwd'), 422, "neither"),
    "kind twice": (MULTIPART, form(*[b'Content-Disposition: form-data; name="kind"\r\n\r\nauto'] * 2, FILE), 422, "single"),
    "a long kind": (MULTIPART, form(b'Content-Disposition: form-data; name="kind"\r\n\r\n' + b"k" * 5000, FILE), 422, "too long"),
    "a long header": (MULTIPART, form(b"X: " + b"y" * 200_000 + b"\r\n\r\nz"), 400, ""),
    "many headers": (MULTIPART, form(b"X: y\r\n" * 20_000 + b"\r\nz"), 400, ""),
    "too many files": (MULTIPART, form(*[b'Content-Disposition: form-data; name="f"; filename="a"\r\n\r\nz'] * 101), 422, "100 files"),
    "a choice of no file": (MULTIPART, form(b'Content-Disposition: form-data; name="files"; filename=""\r\n\r\n'), 422, "at least one"),
}  # fmt: skip


@pytest.mark.parametrize(("media", "body", "status", "told"), BAD.values(), ids=BAD)
def test_what_is_no_upload_is_refused_and_leaves_nothing(
    client: httpx.Client, home: Path, media: str, body: bytes, status: int, told: str
) -> None:
    headers = {"content-type": media} if media else {}
    for content in (body, (body[at : at + 7000] for at in range(0, len(body), 7000))):
        assert told in check_problem(client.post("/v1/ingest", content=content, headers=headers), status)
    assert kept(home) == set()
    assert client.get("/v1/ingest").json()["jobs"] == []


@pytest.mark.parametrize(
    "name", ["../../x.xml", "/etc/x.xml", "..\\x.xml", "C:\\x.xml", ".x.xml", "a/b/x.xml", "%2e%2e/x.xml"]
)
def test_a_name_that_leads_elsewhere_leads_nowhere(client: httpx.Client, home: Path, name: str) -> None:
    body = form(FILE.replace(b"a.xml", name.encode()))
    job = over(client, client.post("/v1/ingest", content=body, headers={"content-type": MULTIPART}))
    assert job["report"]["added"] == 1
    (file,) = [path for path in (home / "uploads").rglob("*") if path.is_file()]
    assert file.name == "x.xml"
    assert file.parent.parent == home / "uploads"
    assert file.stat().st_mode & 0o777 in {0o600, 0o644}
    assert not list(home.parent.glob("*.xml"))


def test_an_upload_over_the_limit_is_refused_whether_it_says_so_or_not(client: httpx.Client, home: Path) -> None:
    head = b"--x\r\n" + FILE[: FILE.index(b"\r\n\r\n") + 4]

    def endless() -> Iterator[bytes]:
        yield head
        for _ in range(200):
            yield b"x" * 65536

    for content in (head + b"x" * (2 * LIMIT), endless()):
        response = client.post("/v1/ingest", content=content, headers={"content-type": MULTIPART})
        assert "CITEWELL_UPLOAD_LIMIT" in check_problem(response, 413)
    assert kept(home) == set()
    question = client.post("/v1/ask", json={"question": "x" * LIMIT})
    assert "256 KiB" in check_problem(question, 413)  # questions keep their own limit


def test_a_client_that_goes_away_or_falls_silent_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "IDLE_S", 0.5)
    with serving(home) as client:
        host, port = client.base_url.host, client.base_url.port or 0
        lines = f"POST /v1/ingest HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {MULTIPART}\r\nContent-Length: 5000\r\n\r\n"
        for silent in (False, True):
            with socket.create_connection((host, port), timeout=30) as connection:
                connection.sendall(lines.encode() + b"--x\r\n" + FILE)
                if silent:
                    assert connection.recv(64).split()[1] == b"408"
        deadline = time.monotonic() + 30
        while kept(home) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert kept(home) == set()
        assert client.get("/v1/ingest").json()["jobs"] == []


def test_a_client_that_drips_is_sent_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "IDLE_S", 0.5)
    with serving(home) as client:
        host, port = client.base_url.host, client.base_url.port or 0
        lines = f"POST /v1/ingest HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: {MULTIPART}\r\nContent-Length: 5000\r\n\r\n"
        with socket.create_connection((host, port), timeout=0.1) as connection:
            connection.sendall(lines.encode() + b"--x\r\n" + FILE)
            answer = b""
            while not answer:
                connection.sendall(b"x")  # never silent
                with suppress(TimeoutError):
                    answer = connection.recv(64)
        assert answer.split()[1] == b"408"
        assert kept(home) == set()


def test_a_disk_without_room_is_told(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "SPARE", 1 << 60)
    response = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)})
    assert "Free space" in check_problem(response, 507)


def test_a_disk_that_fills_while_files_come_is_told(
    client: httpx.Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes is not what was declared (here nothing was), and others send at the same time."""
    monkeypatch.setattr(uploading, "CHUNK", 1 << 10)

    def body() -> Iterator[bytes]:
        yield b"--x\r\n" + FILE[: FILE.index(b"\r\n\r\n") + 4]
        while not kept(home):  # so it was let in
            yield b"x" * 2048
        monkeypatch.setattr(uploading, "SPARE", 1 << 60)
        for _ in range(100):
            yield b"x" * 2048

    response = client.post("/v1/ingest", content=body(), headers={"content-type": MULTIPART})
    assert "Free space" in check_problem(response, 507)
    assert kept(home) == set()


def test_a_problem_does_not_tell_where_the_library_lies(client: httpx.Client, home: Path) -> None:
    with portalocker.Lock(home / "ledger.writing", flags=portalocker.LOCK_EX | portalocker.LOCK_NB):
        response = client.delete("/v1/documents/pubmed:1")
    assert "Another run is writing to the library" in check_problem(response, 503)
    assert str(home) not in response.text


def test_too_many_uploads_at_once_are_sent_away(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_api, "UPLOADS_AT_ONCE", 0)
    response = client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)})
    check_problem(response, 503)
    assert response.headers["retry-after"] == "60"


def test_a_full_queue_is_told_before_anything_is_sent(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.jobs.MAX_WAITING", 0)
    with serving(home) as client:
        assert "Try again" in check_problem(client.post("/v1/ingest", files={"files": ("a.xml", ARTICLE)}), 503)
    assert kept(home) == set()


# the contract


def test_the_schema_tells_what_to_send_and_what_comes(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    body = schema["paths"]["/v1/ingest"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert body["required"] == ["files"]
    assert schema["components"]["schemas"]["JobView"]["properties"].keys() >= {"state", "report", "seconds_left"}


def test_a_report_survives_its_way_through_json() -> None:
    report = Report(
        added=3, passages=7, skipped=["x"], replaced=[("a", "b", "c")], failures=[("f", "r", "why", "mend")]
    )
    assert read_report(report_view(report)) == report
    total = Report(added=1, skipped=["y"])
    total.add(report)
    assert asdict(total) == asdict(report) | {"added": 4, "skipped": ["y", "x"]}


@pytest.fixture
def no_ingestion(assistant: Assistant) -> Iterator[Callable[[], httpx.Response]]:
    with served(create_app(assistant)) as url:
        yield lambda: httpx.post(f"{url}/v1/ingest", files={"files": ("a.xml", ARTICLE)})


def test_an_api_without_intake_has_no_such_path(no_ingestion: Callable[[], httpx.Response]) -> None:
    check_problem(no_ingestion(), 404)
