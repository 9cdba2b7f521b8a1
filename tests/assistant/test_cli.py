"""The `citewell` command: results for people and programs, exit codes, errors that name the mend and never the question."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import Result, Run
from documents import article, guideline, pubmed

from assistant.answer import Answer
from ingestion.library import Library

CITEWELL = str(Path(sys.executable).with_name("citewell"))
QUESTION = "Does aspirin prevent heart attacks?"
PATIENT = "Jane Roe, born 1950-01-01"
FINDING = "Zibotentan lowered systolic blood pressure by 12.5 mm Hg against placebo in adults with hypertension."


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `citewell` in this process, with `home` as its library."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path, home: Path) -> Result:
        monkeypatch.setenv("CITEWELL_HOME", str(home))
        return citewell(*arguments)

    return command


def in_a_shell(*arguments: str | Path, home: Path, **environment: str) -> Result:
    """Runs the installed `citewell` in a process of its own, its output piped."""
    command = [CITEWELL, *map(str, arguments)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
    variables = inherited | {"CITEWELL_HOME": str(home)} | environment
    done = subprocess.run(command, env=variables, cwd=home.parent, capture_output=True, text=True, timeout=120)
    return Result(done.returncode, done.stdout, done.stderr)


def test_an_answer_for_a_program_and_every_citation_shown(run: Run, starter_home: Path) -> None:
    result = run("ask", QUESTION, "--json", home=starter_home)
    assert (result.code, result.err) == (0, "")
    answer = Answer.model_validate_json(result.out)
    assert answer.claims
    for claim in answer.claims:
        for citation in claim.citations:
            shown = run("show", citation.passage_id, "--json", home=starter_home)
            assert shown.code == 0
            assert shown.json["text"][citation.start : citation.end] == citation.quote
            assert shown.json["document_id"] == citation.document_id


def test_an_answer_for_a_person(run: Run, starter_home: Path) -> None:
    answer = Answer.model_validate_json(run("ask", QUESTION, "--json", home=starter_home).out)
    result = run("ask", QUESTION, home=starter_home)
    assert result.code == 0
    plain = " ".join(result.out.split())
    for claim in answer.claims:
        assert f"• {claim.text} [" in plain
    for number, source in enumerate(answer.sources, start=1):
        assert f"[{number}] {source.title}" in plain
        assert source.url in result.out.split()
    assert "check the cited words" in result.err


def test_a_refusal_is_no_failure(run: Run, starter_home: Path) -> None:
    result = run("ask", "What is the capital of France?", home=starter_home)
    assert result.code == 0
    assert result.out.startswith("I found nothing in the library that supports an answer.\n")
    assert run("ask", "What is the capital of France?", "--json", home=starter_home).json["abstained"] is True


def test_the_direction_leads_and_what_a_sentence_leans_on_stands_in_brackets(run: Run, starter_home: Path) -> None:
    advised = run(
        "ask", "Should a healthy 65-year-old start daily aspirin to prevent a heart attack?", home=starter_home
    )
    led = 'The recommendation cited advises against it, for those whom it names (grade "D"). Certainty of the evidence:'
    assert " ".join(advised.out.split()).startswith(led)
    assert "\n  Grade D\n" in advised.out
    question = "Is 9 months of treatment enough for intestinal tuberculosis?"
    answer = Answer.model_validate_json(run("ask", question, "--json", home=starter_home).out)
    plain = " ".join(run("ask", question, home=starter_home).out.split())
    leaning = [claim for claim in answer.claims if claim.context]
    assert leaning
    for claim in leaning:
        assert f"• [{claim.context}] {claim.text} [" in plain
        assert all(f"[{claim.context}]" not in citation.quote for citation in claim.citations)


def test_a_refusal_offers_reading_that_is_no_answer(run: Run, starter_home: Path) -> None:
    question = "Does tiotropium reduce mortality in children with asthma?"
    refused = run("ask", question, "--json", home=starter_home).json
    assert refused["abstained"]
    assert not refused["sources"]
    assert 1 <= len(refused["nearest"]) <= 3
    assert any("tiotropium" in source["title"].lower() for source in refused["nearest"])
    shown = " ".join(run("ask", question, home=starter_home).out.split())
    assert "Nothing in it was found to answer the question. • " in shown
    assert all(source["title"] in shown for source in refused["nearest"])


def test_reading_is_offered_only_on_what_the_question_names(run: Run, starter_home: Path) -> None:
    refused = run("ask", "What is the dose of colchicine for pericarditis?", "--json", home=starter_home).json
    assert (refused["abstained"], refused["nearest"]) == (True, [])
    answered = run("ask", QUESTION, "--json", home=starter_home).json
    assert (answered["abstained"], answered["nearest"]) == (False, [])


def test_a_question_without_quotes_is_one_question(run: Run, starter_home: Path) -> None:
    answer = run("ask", *QUESTION.split(), "--json", home=starter_home).json
    assert answer["question"] == QUESTION


def test_a_search(run: Run, starter_home: Path) -> None:
    result = run(
        "search", "blood pressure", "--k", "3", "--kind", "trial", "--since", "2010", "--json", home=starter_home
    )
    hits = result.json["hits"]
    assert len(hits) == 3
    assert all(hit["passage"]["kind"] == "trial" and hit["passage"]["year"] >= 2010 for hit in hits)
    people = run("search", "blood pressure", "--k", "3", home=starter_home)
    assert people.code == 0
    assert [line[:2] for line in people.out.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3."]
    nothing = run("search", "blood pressure", "--since", "2900", home=starter_home)
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing in the library passes --since: look at" in nothing.err
    options = ("--trial-status", "recruitin", "--phase", "3", "--condition", "heart failure")
    assert "passes --trial-status: look at" in run("search", "blood pressure", *options, home=starter_home).err
    both = run("search", "blood pressure", "--since", "2020", "--until", "2010", home=starter_home)
    assert "Nothing passes --since, --until together" in both.err


def test_a_recommendation_is_shown_with_what_its_grade_says_and_whom_it_is_for(run: Run, starter_home: Path) -> None:
    passage = "guideline:uspstf/breast-cancer-screening@2024#1"
    told = run("show", passage, "--json", home=starter_home).json["recommendation"]
    assert told == {
        "grade": "Grade I",
        "strength": "no recommendation, insufficient evidence",
        "certainty": "low",
        "population": "women 75 years or older",
    }
    shown = " ".join(run("show", passage, home=starter_home).out.split())
    for words in ("Grade I", "Strength: no recommendation", "Certainty: low", "For: women 75 years or older"):
        assert words in shown
    sections = run("show", passage.partition("#")[0], "--json", home=starter_home).json["sections"]
    assert {section["population"] for section in sections if section["role"] != "recommendation"} == {None}
    assert told["population"] in {section["population"] for section in sections}


def test_a_document_is_shown_whole(run: Run, starter_home: Path) -> None:
    shown = run("show", "pubmed:9635947", "--json", home=starter_home).json
    assert shown["identifiers"]["pmid"] == "9635947"
    assert "pubmed:9635947#0" in shown["passages"]
    people = run("show", "pubmed:9635947", home=starter_home)
    assert " ".join(shown["text"].split()) in " ".join(people.out.split())


def test_the_library_says_what_it_holds(run: Run, starter_home: Path) -> None:
    status = run("library", "status", "--json", home=starter_home).json
    assert status["home"] == str(starter_home)
    assert status["failures"] == 0
    for kind, least in (("guideline", 30), ("literature", 80), ("trial", 40)):
        assert status["kinds"][kind]["passages"] >= least
    people = run("library", "status", home=starter_home)
    assert people.code == 0
    assert str(status["kinds"]["literature"]["documents"]) in people.out
    assert "Nothing failed" in run("library", "failures", home=starter_home).err


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", ""),
        ("ask", "   "),
        ("ask", "?"),
        ("ask", f"{PATIENT} " * 2000),
        ("ask", PATIENT, "--kind", "leaflet"),
        ("ask", PATIENT, "--since", "yesterday"),
        ("ask", PATIENT, "--since", "12"),
        ("ask", PATIENT, "--surprise"),
        ("search", ""),
        ("search", PATIENT, "--k", "0"),
        ("search", PATIENT, "--k", "101"),
        ("show",),
        ("show", "pubmed:0"),
        ("show", "pubmed:9635947#99"),
        ("ingest",),
        ("ingest", "files"),
        ("ingest", "files", "x.xml", "--kind", "leaflet"),
        ("library", "sing"),
        ("sing",),
    ],
)
def test_a_wrong_call_exits_2_and_does_not_repeat_the_question(
    arguments: tuple[str, ...], run: Run, starter_home: Path
) -> None:
    result = run(*arguments, home=starter_home)
    assert result.code == 2
    assert result.out + result.err
    assert "Jane" not in result.out + result.err


def test_without_a_library_the_way_to_one_is_told(run: Run, tmp_path: Path) -> None:
    for arguments in (("show", "pubmed:1"), ("library", "status"), ("library", "failures")):
        result = run(*arguments, home=tmp_path / "none")
        assert result.code == 2
        assert "citewell ingest starter" in result.err
    assert not (tmp_path / "none").exists()
    empty = run("ask", QUESTION, home=tmp_path / "none")
    assert empty.code == 0
    assert "citewell ingest starter" in empty.out


def test_a_home_that_cannot_be_used_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = run("ask", QUESTION, home=tmp_path / "file")
    assert result.code == 1
    assert "CITEWELL_HOME" in result.err


def test_a_setting_that_cannot_be_used_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    (tmp_path / "citewell.toml").write_text("home = \n")
    result = run("library", "status", home=tmp_path / "home")
    assert result.code == 2
    assert "citewell.toml" in result.err


def test_piped_output_has_no_escape_codes(starter_home: Path) -> None:
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for arguments in (("ask", QUESTION), ("library", "status"), ("show", "pubmed:9635947"), ("--help",)):
        result = in_a_shell(*arguments, home=starter_home, **colours)
        assert result.code == 0, result.err
        assert "\x1b" not in result.out + result.err


def test_no_color_is_honoured_even_where_colours_are_forced(starter_home: Path) -> None:
    forced = in_a_shell("show", "pubmed:9635947", home=starter_home, FORCE_COLOR="1")
    assert "\x1b[36m" in forced.out
    plain = in_a_shell("show", "pubmed:9635947", home=starter_home, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[36m" not in plain.out


def test_the_installed_command_keeps_its_exit_codes(starter_home: Path, tmp_path: Path) -> None:
    assert in_a_shell("--version", home=starter_home).out.startswith("citewell ")
    wrong = in_a_shell("ask", "", home=starter_home)
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith("Error: The question is empty.")
    (tmp_path / "file").write_text("not a folder")
    assert in_a_shell("ask", PATIENT, home=tmp_path / "file").code == 1


# ingestion


def test_files_are_ingested_once(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.xml").write_text(pubmed(article(1, "Zibotentan trial", conclusions=FINDING)))
    (folder / "g.md").write_text(guideline("On zibotentan", "Adults should be offered zibotentan."))
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    home = tmp_path / "home"
    first = run("ingest", "files", folder, "--json", home=home)
    assert first.code == 0
    assert (first.json["added"], first.json["unchanged"], first.json["failures"]) == (2, 0, [])
    assert first.json["skipped"] == [str(folder / "photo.jpg")]
    again = run("ingest", "files", folder, home=home)
    assert again.code == 0
    assert again.out == "0 documents added, 0 changed, 0 unchanged, 0 deleted; 0 passages indexed.\n"
    assert "2 files read before" in again.err
    answer = run("ask", "Does zibotentan lower blood pressure in hypertension?", "--json", home=home).json
    assert [claim["text"] for claim in answer["claims"]] == [FINDING]


def write_bad_files(folder: Path) -> dict[str, tuple[str, str]]:
    """Bad files in `folder`; for each name what its message names, and its mend."""
    good = pubmed(article(1, "Zibotentan trial", conclusions=FINDING))
    (folder / "empty.xml").write_bytes(b"")
    (folder / "short.xml.gz").write_bytes(gzip.compress(good.encode() * 50, mtime=0)[:-30])
    broken = article(3, "Broken", conclusions="x").replace("</Abstract>", "</Abstrct>")
    records = [article(2, "Before", conclusions=FINDING), broken, article(4, "After", conclusions=FINDING)]
    (folder / "middle.xml").write_text(pubmed(*records))
    (folder / "other.json").write_text('{"recipe": "soup"}')
    (folder / "page.pdf").write_bytes(pdf_without_text())
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    return {
        "missing.xml": ("missing.xml", "check the path"),
        "empty.xml": ("empty.xml", "again"),
        "short.xml.gz": ("short.xml.gz", "again"),
        "middle.xml": ("middle.xml", ""),
        "other.json": ("other.json", "--kind"),
        "page.pdf": ("page.pdf", "text"),
        "photo.jpg": ("photo.jpg", "leave the file out"),
    }


def pdf_without_text() -> bytes:
    """A PDF of one empty page, as a scanner without character recognition makes it."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer


def test_bad_files_are_named_with_the_mend_and_the_rest_is_ingested(run: Run, tmp_path: Path) -> None:
    folder, home = tmp_path / "in", tmp_path / "home"
    folder.mkdir()
    expected = write_bad_files(folder)
    (folder / "good.xml").write_text(pubmed(article(9, "Zibotentan trial", conclusions=FINDING)))
    paths = [*(folder / name for name in expected), folder / "good.xml"]
    result = run("ingest", "files", *paths, home=home)
    assert result.code == 1
    messages = [line for line in result.err.splitlines() if line.startswith("Error: ")]
    for name, (named, mend) in expected.items():
        (message,) = [line for line in messages if named in line]
        assert mend in message, name
    assert len(messages) == len(expected)
    assert "Traceback" not in result.err
    for pmid, there in ((9, True), (2, True), (4, True), (3, False)):
        assert (run("show", f"pubmed:{pmid}", home=home).code == 0) is there
    kept = run("library", "failures", "--json", home=home).json["failures"]
    assert {Path(failure["source"]).name for failure in kept} == set(expected) - {"missing.xml"}
    assert "6 files or records" in run("library", "status", home=home).err
    again = run("ingest", "files", *paths, "--json", home=home)
    assert again.code == 1
    told = {Path(failure["file"]).name for failure in again.json["failures"]}
    assert told == {"missing.xml", "empty.xml", "other.json", "photo.jpg"}  # the rest was read, and is not read again
    assert again.json["failed_before"] == 3
    assert all(failure["reason"] for failure in again.json["failures"])


def test_json_that_is_said_to_be_a_study_and_is_none_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "soup.json").write_text('{"recipe": "soup"}')
    result = run("ingest", "files", tmp_path / "soup.json", "--kind", "trials", home=tmp_path / "home")
    assert result.code == 1
    assert "soup.json" in result.err
    assert "is no study: it has no protocolSection; download the study as API v2 JSON" in result.err


def test_a_guideline_that_two_files_say_differently_is_named_with_both_and_the_mend(run: Run, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "in"
    folder.mkdir()
    front = "---\ntitle: Lipids\npublisher: WHO\nversion: '2024'\n---\n\n# Lipids\n\n## Recommendations\n\n"
    (folder / "a.md").write_text(front + "- Offer niacin.\n")
    (folder / "b.md").write_text(front + "- Offer a statin.\n")
    told = run("ingest", "files", folder, home=home)
    assert told.code == 0
    said = " ".join(told.err.split())
    assert "1 guideline said otherwise by another file before; the file read last has the word" in said
    assert f"guideline:who/lipids@2024: {folder / 'b.md'}, before {folder / 'a.md'}" in said
    assert "citewell-manifest.toml" in said
    (folder / "citewell-manifest.toml").write_text('["a.md"]\nslug = "lipids-of-ours"\n')
    mended = run("ingest", "files", folder, home=home)
    assert "otherwise" not in mended.err
    listed = run("library", "list", "--json", home=home).json["documents"]
    assert [each["document_id"] for each in listed] == [
        "guideline:who/lipids-of-ours@2024",
        "guideline:who/lipids@2024",
    ]


def test_retry_reads_what_was_mended_and_names_what_still_fails(run: Run, tmp_path: Path) -> None:
    home, bad, worse = tmp_path / "home", tmp_path / "bad.xml", tmp_path / "worse.xml"
    assert run("library", "retry", home=home).code == 2
    assert not home.exists()
    bad.write_text("")
    worse.write_text("")
    assert run("ingest", "files", bad, worse, home=home).code == 1
    bad.write_text(pubmed(article(9, "Zibotentan trial", conclusions=FINDING)))
    again = run("library", "retry", home=home)
    assert again.code == 1
    assert "1 document added" in again.out
    assert str(worse) in again.err
    assert str(bad) not in again.err
    worse.write_text(pubmed(article(10, "Another trial", conclusions=FINDING)))
    report = run("library", "retry", "--json", home=home)
    assert (report.code, report.json["added"], report.json["failures"]) == (0, 1, [])
    assert run("library", "failures", "--json", home=home).json == {"failures": []}


def test_remove_takes_a_document_out_and_says_how_it_comes_back(run: Run, tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "two.nbib"
    path.write_text("PMID- 9\nTI  - Zibotentan trial.\n\nPMID- 10\nTI  - Other.\nAB  - On salt.\n")
    assert run("library", "remove", "pubmed:9", home=home).code == 2
    assert not home.exists()
    assert run("ingest", "files", path, home=home).code == 0
    removed = run("library", "remove", "pubmed:10", home=home)
    assert removed.code == 0
    assert "Removed pubmed:10 with 1 passage: Other." in removed.out
    assert "brings it back" in removed.err
    assert run("show", "pubmed:10", home=home).code == 2
    unknown = run("library", "remove", "pubmed:10", "--json", home=home)
    assert (unknown.code, unknown.out) == (2, "")
    assert "no document 'pubmed:10'. Copy the identifier from a search" in unknown.err
    assert run("ingest", "files", path, home=home).code == 0
    body = run("library", "remove", "pubmed:10", "--for-good", "--json", home=home).json
    assert body == {"document_id": "pubmed:10", "title": "Other.", "source": str(path), "passages": 1}
    with Library.open(home, purpose="citewell ingest files") as library:
        for arguments in (("library", "remove", "pubmed:9"), ("library", "retry"), ("ingest", "files", path)):
            held = run(*arguments, home=home)
            assert held.code == 1
            assert "in use by process" in held.err
            assert "Wait until it ends" in held.err
        library.announce("citewell serve", "http://127.0.0.1:9")  # nobody listens there
        for arguments in (("library", "remove", "pubmed:9"), ("library", "retry"), ("ingest", "files", path)):
            silent = run(*arguments, home=home)
            assert silent.code == 1
            assert "does not answer" in silent.err
    assert run("show", "pubmed:9", home=home).code == 0


def test_what_is_removed_for_good_is_named_and_may_come_back_when_it_is_readmitted(run: Run, tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "one.nbib"
    path.write_text("PMID- 10\nTI  - Other.\nAB  - On salt.\n")
    run("ingest", "files", path, home=home)
    assert "No document is kept out." in run("library", "excluded", home=home).err
    removed = run("library", "remove", "pubmed:10", "--for-good", home=home)
    assert "citewell library readmit pubmed:10" in removed.err
    path.write_text("PMID- 10\nTI  - Other.\nAB  - On salt and water.\n")
    again = run("ingest", "files", path, home=home)
    assert "0 documents added" in again.out
    assert "1 document left out, removed for good before: citewell library excluded" in again.err
    listed = run("library", "excluded", home=home).out
    assert [line.strip() for line in listed.splitlines()] == ["pubmed:10", "Other.", str(path)]
    (entry,) = run("library", "excluded", "--json", home=home).json["excluded"]
    assert (entry["document_id"], entry["sources"]) == ("pubmed:10", [str(path)])
    assert run("library", "readmit", "pubmed:11", home=home).code == 2
    assert f"Ingest it again: {path}" in " ".join(run("library", "readmit", "pubmed:10", home=home).err.split())
    assert "1 document added" in run("ingest", "files", path, home=home).out


def test_a_document_cannot_command_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "g.md").write_text(
        guideline("On zibotentan", "Adults should \x1b[2Jbe \x1b]0;owned\x07offered zibotentan.")
    )
    assert run("ingest", "files", tmp_path / "g.md", home=tmp_path / "home").code == 0
    (hit,) = run("search", "zibotentan", "--json", home=tmp_path / "home").json["hits"]
    for arguments in (("search", "zibotentan"), ("show", hit["passage"]["passage_id"]), ("ask", "zibotentan")):
        shown = run(*arguments, home=tmp_path / "home")
        assert "\x1b" not in shown.out + shown.err


# a library that is held


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`citewell serve` over that home, once it is ready; killed at the end where it still runs."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    environment = os.environ | {"CITEWELL_HOME": str(home)}
    command = [CITEWELL, "serve", "--port", port, *options]
    with subprocess.Popen(
        command, env=environment, cwd=home.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "ready" in line, line + process.stdout.read()
            yield process, f"http://localhost:{port}"
        finally:
            process.kill()


def test_a_running_server_answers_for_the_library_it_holds(run: Run, starter_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(starter_home, home)
    alone = run("ask", QUESTION, "--json", home=home).json
    search = ("search", "aspirin", "--kind", "literature", "--by-document", "--quota", "literature=5", "--json")
    found = run(*search, home=home).json
    (tmp_path / "new.xml").write_text(pubmed(article(1, "Zibotentan trial", conclusions=FINDING)))
    with serving(home) as (process, url):
        through = run("ask", QUESTION, "--json", home=home)
        assert through.code == 0
        assert [through.json[name] for name in ("question", "claims", "sources", "warnings")] == [
            alone[name] for name in ("question", "claims", "sources", "warnings")
        ]
        assert run(*search, home=home).json == found
        wrong = run("ask", "?", home=home)
        assert (wrong.code, wrong.out) == (2, "")
        assert run("library", "export", tmp_path / "library.zip", home=home).code == 0
        held = run("library", "import", tmp_path / "library.zip", home=home)
        assert held.code == 1
        for words in (str(process.pid), "citewell serve", url, "stop it"):
            assert words in held.err
        assert run("show", "pubmed:9635947", home=home).code == 0
        assert run("library", "status", home=home).code == 0
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert run("ingest", "files", tmp_path / "new.xml", home=home).code == 0
    assert run("ask", QUESTION, "--json", home=home).json["claims"] == alone["claims"]


def test_a_running_server_changes_the_library_it_holds(run: Run, starter_home: Path, tmp_path: Path) -> None:
    """Files are sent to it, and the report is the one that would have been without it."""
    home, folder = tmp_path / "home", tmp_path / "in"
    shutil.copytree(starter_home, home)
    folder.mkdir()
    expected = write_bad_files(folder)
    (folder / "new.xml").write_text(pubmed(article(1, "Zibotentan trial", conclusions=FINDING)))
    (folder / "notes.txt").write_text("call the ward")
    paths = [*(folder / name for name in expected), folder]
    shutil.copytree(starter_home, tmp_path / "apart")
    alone = run("ingest", "files", *paths, "--json", home=tmp_path / "apart")
    with serving(home) as (process, url):
        through = run("ingest", "files", *paths, "--json", home=home)
        assert through.code == alone.code == 1
        assert url in through.err
        ordered = [
            report | {"failures": sorted(report["failures"], key=lambda failure: (failure["file"], failure["record"]))}
            for report in (through.json, alone.json)
        ]
        assert ordered[0] == ordered[1]
        answer = run("ask", "Does zibotentan lower blood pressure in hypertension?", "--json", home=home).json
        assert [claim["text"] for claim in answer["claims"]] == [FINDING]
        again = run("ingest", "files", folder / "new.xml", home=home)
        assert (again.code, again.out) == (
            0,
            "0 documents added, 0 changed, 0 unchanged, 0 deleted; 0 passages indexed.\n",
        )
        assert run("ingest", "starter", "--json", home=home).json["failures"] == []
        assert run("library", "retry", home=home).code == 1
        removed = run("library", "remove", "pubmed:1", "--json", home=home)
        assert (removed.code, removed.json["title"]) == (0, "Zibotentan trial")
        unknown = run("library", "remove", "pubmed:1", home=home)
        assert (unknown.code, unknown.out) == (2, "")
        assert "Copy the identifier" in unknown.err
        wrong = run("ingest", "files", folder / "new.xml", "--kind", "leaflet", home=home)
        assert wrong.code == 2
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_a_server_for_others_takes_files_only_with_the_token(
    run: Run, starter_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(starter_home, home)
    (tmp_path / "new.xml").write_text(pubmed(article(1, "Zibotentan trial", conclusions=FINDING)))
    monkeypatch.setenv("CITEWELL_INGEST_TOKEN", "correct horse battery")
    with serving(home, "--host", "0.0.0.0"):  # noqa: S104 - for the length of the test
        assert run("ingest", "files", tmp_path / "new.xml", home=home).code == 0
        monkeypatch.delenv("CITEWELL_INGEST_TOKEN")
        refused = run("ingest", "files", tmp_path / "new.xml", home=home)
        assert refused.code == 1
        assert "CITEWELL_INGEST_TOKEN" in refused.err
    monkeypatch.setenv("CITEWELL_INGEST_TOKEN", "short")
    short = run("library", "status", home=home)
    assert short.code == 2
    assert "CITEWELL_INGEST_TOKEN" in short.err
    assert "short" not in short.err.replace("at least", "")


def test_a_library_moves_in_a_file(run: Run, starter_home: Path, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "library.zip"
    shutil.copytree(starter_home, home)
    exported = run("library", "export", file, "--json", home=home)
    assert (exported.code, exported.json["bytes"]) == (0, file.stat().st_size)
    again = run("library", "export", file, home=home)
    assert again.code == 1
    assert "not overwritten" in again.err
    moved = run("library", "import", file, "--into", tmp_path / "moved", home=home)
    assert moved.code == 0
    assert f"{exported.json['passages']:,} passages" in moved.out
    assert (
        run("ask", QUESTION, "--json", home=tmp_path / "moved").json["claims"]
        == (run("ask", QUESTION, "--json", home=home).json["claims"])
    )
    full = run("library", "import", file, home=home)
    assert full.code == 1
    assert "--into" in full.err
    file.write_bytes(file.read_bytes()[:-100])
    cut = run("library", "import", file, "--into", tmp_path / "third", home=home)
    assert cut.code == 1
    assert "is damaged" in cut.err
    assert run("library", "export", tmp_path / "x.zip", home=tmp_path / "none").code == 2
    assert not (tmp_path / "none").exists()


def test_another_holder_is_named(run: Run, starter_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Library.open(home, purpose="citewell ingest files"):
        held = run("ask", f"Does {PATIENT} need statins?", home=home)
    assert held.code == 1
    assert f"process {os.getpid()} (citewell ingest files)" in held.err
    assert "Jane" not in held.err


@pytest.mark.parametrize("reply", [b'{"question": "Jane Roe"}', b"Jane Roe", b""])
def test_a_server_that_speaks_another_tongue_is_told_without_the_question(
    reply: bytes, run: Run, tmp_path: Path
) -> None:
    from fastapi import FastAPI, Response
    from serving import served

    app = FastAPI()

    @app.post("/v1/ask")
    def ask() -> Response:
        return Response(reply, media_type="application/json")

    home = tmp_path / "home"
    with served(app) as address, Library.open(home, purpose="citewell serve") as library:
        library.announce("citewell serve", address)
        result = run("ask", f"Does {PATIENT} need statins?", home=home)
        assert result.code == 1
        assert "same version" in result.err
        assert "Jane" not in result.err
        library.announce("citewell serve", "http://127.0.0.1:9")  # nobody listens there
        silent = run("ask", f"Does {PATIENT} need statins?", home=home)
    assert silent.code == 1
    assert "does not answer" in silent.err
    assert "Jane" not in silent.err
