"""`citewell ingest trials` and `citewell ingest baseline`, from the command line to the library, against a server on the loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import logging
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Result, Run
from hashed_embedder import HashedEmbedder
from native import article, pubmed_xml
from scripted_service import Reply, Request, remembering

from assistant.cli import main
from assistant.settings import load_settings
from ingestion.clients import ctgov, pubmed_bulk

PATIENT = "Jane Roe born 1950"


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `citewell` in this process over one library; whatever answers, it is asked without a pause."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("ingestion.library.load_embedder", HashedEmbedder)
    monkeypatch.setattr(ctgov, "PER_SECOND", 1000)
    monkeypatch.setattr(pubmed_bulk, "PER_SECOND", 1000)

    def command(*arguments: str, answer: Callable[[Request], Reply] = lambda _: Reply(status=404)) -> Result:
        with remembering(answer) as server:
            monkeypatch.setenv("CITEWELL_CTGOV_URL", f"{server.url}api/v2")
            monkeypatch.setenv("CITEWELL_PUBMED_FTP_URL", f"{server.url}pubmed/")
            return citewell(*arguments)

    return command


def study(nct: str) -> dict[str, object]:
    identification = {"nctId": nct, "briefTitle": f"Zibotentan in trial {nct}"}
    eligibility = {"eligibilityCriteria": "Inclusion Criteria:\n\n* Adults with hypertension."}
    return {"protocolSection": {"identificationModule": identification, "eligibilityModule": eligibility}}


def registry(request: Request) -> Reply:
    """Three studies that match everything, at two a page whatever is asked for."""
    names = ["NCT00000001", "NCT00000002", "NCT00000003"]
    if request.path.startswith("/api/v2/studies/NCT"):
        name = request.path.rpartition("/")[2]
        return Reply(json.dumps(study(name)).encode()) if name in names else Reply(status=404)
    start = int(request.form.get("pageToken", "0"))
    page: dict[str, object] = {"totalCount": 3, "studies": [study(name) for name in names[start : start + 2]]}
    return Reply(json.dumps(page | ({"nextPageToken": "2"} if start == 0 else {})).encode())


def files(request: Request) -> Reply:
    """A baseline of two files and one update."""
    bodies = {
        f"/pubmed/{folder}/pubmed26n000{n}.xml.gz": gzip.compress(pubmed_xml(article(n, text)).encode())
        for folder, n, text in (("baseline", 1, "One."), ("baseline", 2, "Two."), ("updatefiles", 3, "Three."))
    }
    if request.path.endswith("/"):
        names = [path.rpartition("/")[2] for path in bodies if path.startswith(request.path)]
        return Reply("".join(f'<a href="{name}">{name}</a>  2026-01-09 14:48  19M\n' for name in names).encode())
    if request.path.endswith(".md5"):
        body = bodies[request.path.removesuffix(".md5")]
        name = request.path.rpartition("/")[2].removesuffix(".md5")
        return Reply(f"MD5({name})= {hashlib.md5(body).hexdigest()}".encode())  # noqa: S324 - NLM's choice
    return Reply(bodies[request.path]) if request.path in bodies else Reply(status=404)


def test_trials_of_a_search_are_in_the_library(run: Run) -> None:
    search = (
        "ingest",
        "trials",
        "-c",
        "hypertension",
        "-i",
        "zibotentan",
        "--status",
        "recruiting",
        "--status",
        "completed",
    )
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return registry(request)

    result = run(*search, "--since", "2024-01-31", answer=answer)
    assert result.code == 0, result.err
    assert "3 documents added" in result.out
    assert "ClinicalTrials.gov has 3 matching records" in result.err
    assert asked[0].form["query.cond"] == "hypertension"
    assert asked[0].form["filter.overallStatus"] == "COMPLETED,RECRUITING"
    assert asked[0].form["filter.advanced"] == "AREA[LastUpdatePostDate]RANGE[2024-01-31,MAX]"
    hits = run("search", "zibotentan hypertension", "--json").json["hits"]
    assert {hit["passage"]["document_id"] for hit in hits} == {f"nct:NCT0000000{n}" for n in (1, 2, 3)}
    again = run(*search, "--since", "2024-01-31", "--json", answer=registry).json
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)


def test_the_whole_registry_comes_as_a_zip_and_every_study_in_it_is_read(run: Run) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(1, 6):
            name = f"NCT0000000{number}"
            archive.writestr(f"{name}.json", json.dumps(study(name)))

    def answer(request: Request) -> Reply:
        return Reply(packed.getvalue()) if request.path.endswith("/download") else registry(request)

    result = run("ingest", "trials", "--all", "--json", answer=answer)
    assert (result.code, result.json["added"], result.json["failures"]) == (0, 5, [])
    assert run("show", "nct:NCT00000004", "--json").json["title"] == "Zibotentan in trial NCT00000004"


def test_single_trials_by_number(run: Run) -> None:
    result = run("ingest", "trials", "NCT00000002", "nct00000009", answer=registry)
    assert result.code == 1
    assert "1 document added" in result.out
    assert "nct:NCT00000009" in result.err
    assert "no such study; check the number" in result.err
    assert run("show", "nct:NCT00000002").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--condition"),
        (("--status", "running"), "not yet recruiting"),
        (("--condition", PATIENT, "NCT00000001"), "NCT numbers, or a search, or --all"),
        (("--condition", PATIENT, "--all"), "NCT numbers, or a search, or --all"),
        (("NCT1",), "NCT02651584"),
        (("--condition", PATIENT, "--since", "yesterday"), "yesterday"),
        (("--condition", PATIENT, "--limit", "0"), "--limit"),
    ],
)
def test_a_call_that_cannot_be_meant_is_told_before_anything_is_asked(
    arguments: tuple[str, ...], words: str, run: Run
) -> None:
    asked: list[Request] = []
    result = run("ingest", "trials", *arguments, answer=lambda request: asked.append(request) or Reply())
    assert (result.code, result.out, asked) == (2, "", [])
    assert words in " ".join(result.err.split())
    assert "Jane" not in result.err


@pytest.mark.parametrize("status", [200, 400, 403, 404])
def test_no_word_of_a_search_is_in_what_is_said_or_logged(
    status: int, run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.clients.patience.ATTEMPTS", 1)
    caplog.set_level(logging.DEBUG)
    refused = run(
        "ingest", "trials", "--condition", PATIENT, answer=lambda _: Reply(f"No {PATIENT} here".encode(), status)
    )
    assert refused.code == (2 if status == 400 else 1)
    assert "ClinicalTrials.gov" in refused.err
    assert "Jane" not in refused.out + refused.err + caplog.text
    assert run("library", "status").code == 0


def test_a_setting_that_is_no_address_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CITEWELL_CTGOV_URL", "CITEWELL_PUBMED_FTP_URL"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "ftp.ncbi.nlm.nih.gov")
            patch.setattr(sys, "argv", ["citewell", "library", "status"])
            load_settings.cache_clear()
            with pytest.raises(SystemExit) as exit_:
                main()
            assert exit_.value.code == 2
    load_settings.cache_clear()


def test_the_baseline_is_in_the_library_and_the_room_is_said_first(run: Run) -> None:
    result = run("ingest", "baseline", "--updates", answer=files)
    assert result.code == 0, result.err
    assert "3 documents added" in result.out
    assert "3 files, 3 of them to be fetched (about 61.3 MB); they need 61.3 MB of the" in result.err
    assert run("show", "pubmed:3").code == 0
    again = run("ingest", "baseline", "--updates", "--json", answer=files)
    assert (again.code, again.json["added"], again.json["files_unchanged"]) == (0, 0, 3)
    assert "3 files, 0 of them to be fetched" in again.err


def test_files_that_are_not_kept_are_not_fetched_again(run: Run, tmp_path: Path) -> None:
    assert run("ingest", "baseline", "--no-keep", "--to", "1", answer=files).code == 0
    assert not list(tmp_path.rglob("*.xml.gz"))
    again = run("ingest", "baseline", "--no-keep", "--to", "1", answer=files)
    assert "1 file, 0 of them to be fetched" in again.err
    assert run("show", "pubmed:1").code == 0


def test_a_file_that_cannot_be_proved_is_named_and_the_others_are_read(run: Run) -> None:
    def unproved(request: Request) -> Reply:
        return Reply(status=404) if request.path.endswith("0001.xml.gz.md5") else files(request)

    result = run("ingest", "baseline", answer=unproved)
    assert result.code == 1
    assert "1 document added" in result.out
    assert "pubmed26n0001.xml.gz: NLM gives no MD5 to prove it by" in result.err
    assert run("ingest", "baseline", "--from", "9", answer=files).code == 2
