"""`citewell library` and `show` for whoever keeps a library: what it holds, what is not in force, what failed, and what may be forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from command_line import Run
from documents import article, guideline, pubmed
from hashed_embedder import HashedEmbedder

from indexes.passage import Status
from ingestion.library import disk_use

FINDING = "Zibotentan lowered systolic blood pressure by 12.5 mm Hg against placebo in adults with hypertension."
OLD, NEW, DRAFT = (f"guideline:who/on-zibotentan@{version}" for version in ("2015", "2021", "2022-draft"))


@pytest.fixture
def run(citewell: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `citewell` in this process over one library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("ingestion.library.load_embedder", HashedEmbedder)

    return citewell


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """A folder that is in the library: a guideline in two editions and a draft, three articles of which one is retracted, two bad files."""
    folder = tmp_path / "in"
    (folder / "guidelines").mkdir(parents=True)
    for version, status in (("2015", "current"), ("2021", "current"), ("2022-draft", "draft")):
        text = guideline("On zibotentan", "Adults should be offered zibotentan.", version=version, status=status)
        (folder / "guidelines" / f"{version}.md").write_text(text)
    (folder / "guidelines" / "empty.pdf").write_bytes(b"")
    articles = [article(n, f"Zibotentan trial {n}", conclusions=FINDING, retracted=n == 2) for n in (1, 2, 3)]
    (folder / "a.xml").write_text(pubmed(*articles))
    (folder / "bad.xml").write_text(pubmed(article(7, "Broken").replace("</Abstract>", "</Abstrct>")))
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    assert run("ingest", "files", folder).code == 1
    return folder


def test_status_says_what_is_not_in_force_when_a_file_was_read_and_the_room(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    people = run("library", "status")
    rows = {line.split()[0]: line for line in people.out.splitlines() if line.startswith(" ")}
    assert "1 draft, 1 superseded" in rows["guideline"]
    assert "1 retracted" in rows["literature"]
    assert rows["trial"].split() == ["trial", "0", "0"]
    assert "On the disk: " in people.out
    assert "2 files or records could not be ingested" in people.err
    status = run("library", "status", "--json").json
    assert status["kinds"]["guideline"]["not_current"] == {
        "draft": 1,
        "corrected": 0,
        "expression_of_concern": 0,
        "superseded": 1,
        "retracted": 0,
    }
    assert status["kinds"]["literature"]["not_current"]["retracted"] == 1
    assert status["last_read"] is not None
    assert f"Last file read: {status['last_read'][:4]}" in people.out
    assert status["bytes"] > 10_000


def test_status_of_an_empty_library(run: Run, tmp_path: Path) -> None:
    assert run("search", "zibotentan").code == 0
    people = run("library", "status")
    assert people.code == 0
    assert "Last file read: none" in people.out
    assert run("library", "status", "--json").json["last_read"] is None
    listed = run("library", "list")
    assert (listed.code, listed.out) == (0, "")
    assert "no such document" in listed.err


def test_documents_are_listed_with_where_they_stand(run: Run, folder: Path) -> None:
    lines = run("library", "list").out.splitlines()
    assert f"{OLD}  superseded by {NEW}" in lines
    assert f"{DRAFT}  draft" in lines
    assert NEW in lines
    assert "pubmed:2  retracted" in lines
    assert lines[lines.index("pubmed:1") + 1].strip() == "Zibotentan trial 1; Trials 2019; 1 passage"

    def ids(*arguments: str | Path) -> list[str]:
        listed = run("library", "list", "--json", *arguments).json
        assert listed["next"] is None
        return [each["document_id"] for each in listed["documents"]]

    assert ids("--kind", "guideline") == [OLD, NEW, DRAFT]
    assert ids("--status", "superseded") == [OLD]
    assert ids("--status", "current", "--kind", "literature") == ["pubmed:1", "pubmed:3"]
    assert ids("--source", folder / "a.xml") == ["pubmed:1", "pubmed:2", "pubmed:3"]
    assert ids("--source", folder / "guidelines") == [OLD, NEW, DRAFT]
    assert ids("--source", Path("in/../in/guidelines/2015.md")) == [OLD]
    assert len(ids("--source", folder)) == 6
    assert ids("--source", folder / "guide") == []
    assert ids("--kind", "trial") == []


def test_a_long_list_comes_page_by_page_and_each_document_once(run: Run, folder: Path) -> None:
    everything = [each["document_id"] for each in run("library", "list", "--json").json["documents"]]
    seen: list[str] = []
    after = ""
    while True:
        page = run("library", "list", "--limit", "4", "--after", after, "--json").json
        seen += [each["document_id"] for each in page["documents"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == everything
    people = run("library", "list", "--limit", "4")
    assert f"--after {everything[3]}" in people.err
    assert "--after" not in run("library", "list", "--limit", "6").err


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--kind", "leaflet"),
        ("list", "--status", "old"),
        ("list", "--limit", "0"),
        ("forget",),
        ("forget", "nothing.xml"),
    ],
)
def test_a_wrong_call_exits_2_and_changes_nothing(run: Run, folder: Path, arguments: tuple[str, ...]) -> None:
    before = run("library", "failures", "--json").out
    result = run("library", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err
    assert run("library", "failures", "--json").out == before


def test_without_a_library_nothing_is_made(run: Run, tmp_path: Path) -> None:
    for arguments in (("list",), ("forget", "x.pdf"), ("status",)):
        result = run("library", *arguments)
        assert result.code == 2
        assert "citewell ingest files PATH" in result.err
    assert not (tmp_path / "home").exists()


def test_failures_name_the_file_once_and_the_ways_on(run: Run, folder: Path) -> None:
    failures = run("library", "failures")
    lines = failures.out.splitlines()
    assert lines[0] == str(folder / "bad.xml")
    assert str(folder) not in lines[1]
    assert lines[2] == str(folder / "guidelines" / "empty.pdf")
    assert lines[3] == "  the file is empty; download it again"
    for way in ("library retry", "library forget"):
        assert way in failures.err


def test_a_failure_is_forgotten_until_its_file_fails_again(run: Run, folder: Path) -> None:
    bad = folder / "bad.xml"
    assert run("library", "forget", bad, "--json").json == {"path": str(bad), "forgotten": 1}
    left = run("library", "failures", "--json").json["failures"]
    assert [failure["source"] for failure in left] == [str(folder / "guidelines" / "empty.pdf")]
    assert "Forgot 1 failure" in run("library", "forget", "in").out
    assert "Nothing failed" in run("library", "failures").err
    assert len(run("library", "list", "--json").json["documents"]) == 6
    again = run("ingest", "files", folder, "--json")
    assert again.code == 1  # the empty file fails anew, the other one was read and is not read again
    assert [failure["source"] for failure in run("library", "failures", "--json").json["failures"]] == [
        str(folder / "guidelines" / "empty.pdf")
    ]
    bad.write_text(bad.read_text() + "\n")
    run("ingest", "files", bad)
    assert len(run("library", "failures", "--json").json["failures"]) == 2


def test_show_says_where_a_document_stands_and_comes_from(run: Run, folder: Path) -> None:
    shown = run("show", OLD).out.splitlines()
    assert shown[1] == OLD
    assert shown[2] == "guideline, WHO, 2015"
    assert shown[3] == f"superseded by {NEW}"
    assert f"From {folder / 'guidelines' / '2015.md'}" in shown
    assert "retracted" in run("show", "pubmed:2").out.splitlines()
    assert f"superseded by {NEW}" in run("show", f"{OLD}#0").out.splitlines()
    assert "superseded" not in run("show", NEW).out


def test_a_search_says_what_is_not_in_force(run: Run, folder: Path) -> None:
    found = run("search", "zibotentan", "--k", "10").out.splitlines()
    for passage, flag in ((f"{OLD}#0", "superseded"), (f"{DRAFT}#0", "draft"), ("pubmed:2#0", "retracted")):
        assert found[found.index(f"   {passage}") + 1].startswith(f"   {flag}  ")
    assert found[found.index("   pubmed:1#0") + 1].startswith("   randomised trial")


def test_identifiers_and_paths_are_never_broken(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.cli.output.out._width", 24)
    assert f"{OLD}  superseded by {NEW}" in run("library", "list").out.splitlines()
    assert OLD in run("show", OLD).out.splitlines()
    found = run("search", "zibotentan").out.splitlines()
    assert f"   {OLD}#0" in found
    assert all(line == line.rstrip() for line in found)
    assert str(folder / "bad.xml") in run("library", "failures").out.splitlines()


def test_a_run_names_what_was_passed_over_and_what_only_changed_its_standing(run: Run, folder: Path) -> None:
    (folder / "a.xml").write_text(pubmed(article(1, "Zibotentan trial 1", conclusions=FINDING, retracted=True)))
    again = run("ingest", "files", folder)
    assert "1 changed (1 of them in what is said about them only)" in again.out
    assert str(folder / "photo.jpg") in again.err
    assert "1 file in folders" in again.err
    for n in range(9):
        (folder / f"photo{n}.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    many = run("ingest", "files", folder)
    assert "10 files in folders" in many.err
    assert "and 5 more" in many.err


def test_every_status_has_its_filter(run: Run, folder: Path) -> None:
    listed = {status: len(run("library", "list", "--status", status, "--json").json["documents"]) for status in Status}
    assert sum(listed.values()) == 6
    assert listed[Status.RETRACTED] == 1


def test_the_room_a_library_takes_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "index" / "deep").mkdir(parents=True)
    (tmp_path / "index" / "deep" / "a").write_bytes(b"x" * 100_000)
    (tmp_path / "ledger.sqlite").write_bytes(b"x" * 10_000)
    (tmp_path / "elsewhere").symlink_to("/")
    sizes = disk_use(tmp_path)
    assert 100_000 <= sizes["index"] < 200_000
    assert 10_000 <= sizes["ledger.sqlite"] < 20_000
    assert sum(sizes.values()) < 300_000


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that others may enter: pytest's own are closed to them."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def without_privileges() -> Iterator[None]:
    """For root, as somebody else, since permissions bind nobody less."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions as Unix has them")
def test_a_library_that_may_not_be_written_or_entered_is_no_broken_one(
    run: Run, shared: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shared / "home"
    monkeypatch.chdir(shared)
    monkeypatch.setenv("CITEWELL_HOME", str(home))
    assert run("ingest", "files", folder / "a.xml").code == 0
    for mode, words in ((0o555, ("mend the permissions", "export")), (0o000, ("cannot be looked at", "CITEWELL_HOME"))):
        (home / "ledger.sqlite").chmod(0o444)
        home.chmod(mode)
        try:
            with without_privileges():
                result = run("library", "status")
        finally:
            home.chmod(0o755)
        assert result.code == 1
        assert "move it away" not in result.err
        for word in words:
            assert word in result.err
