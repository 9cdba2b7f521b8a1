"""PubMed asked live, against an E-utilities of our own that misbehaves: everything that matches comes, whole, once, and nothing else."""

from __future__ import annotations

import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native import article, deletion, pubmed_xml
from scripted_service import Clock, PubMed, Reply, cut, dropped, fault, fine, instead, mute, serving, status

from ingestion.clients import patience
from ingestion.clients.base import Page
from ingestion.clients.eutils import DateKind, Eutils, Window
from ingestion.clients.folder import Generation, open_generation
from ingestion.clients.patience import ATTEMPTS
from ingestion.clients.pubmed import BATCH, PubMedQuery
from ingestion.document import Document
from ingestion.errors import IngestionError, LiveSourceError
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.live import Standing, ingest_live
from ingestion.report import Report
from ingestion.sources.pubmed import PubMedXml

KEY, PATIENT = "0123456789abcdef", "Jane Roe"
DAY = date(2026, 11, 1)


def spread(count: int, first: date = date(1990, 1, 1)) -> dict[int, date]:
    """So many records, a new one every day."""
    return {number: first + timedelta(days=number % 12_000) for number in range(1, count + 1)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[..., Eutils]


@pytest.fixture
def connect(clock: Clock) -> Iterator[Open]:
    """A client of that PubMed; nobody waits."""
    with ExitStack() as stack:

        def make(pubmed: PubMed, **options: object) -> Eutils:
            url = stack.enter_context(serving(pubmed)) + "entrez/eutils"
            return stack.enter_context(Eutils(url, clock=clock, sleep=clock.sleep, **options))  # type: ignore[arg-type]

        yield make


def fetch(query: PubMedQuery, home: Path) -> list[Page]:
    """Everything, into a generation that is then finished."""
    with open_generation(home, "pubmed", query.asked) as generation:
        pages = list(query.fetch(generation))
        generation.finish()
    return pages


def pmids(pages: list[Page]) -> list[int]:
    """The records of the files, in order."""
    texts = [gzip.decompress(page.path.read_bytes()).decode() for page in pages]
    return [int(part.partition("<")[0]) for text in texts for part in text.split('<PMID Version="1">')[1:]]


def files(home: Path) -> list[str]:
    """The names of all that lies in the folders of the fetched, the locks apart."""
    return sorted(path.name for path in home.rglob("*") if path.is_file() and path.name != "lock")


def test_what_matches_comes_in_pages_newest_first(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(450))
    query = PubMedQuery(connect(pubmed, email="librarian@example.org", api_key=KEY), "statins")
    assert (query.find().total, query.find().matching) == (450, 450)
    pages = fetch(query, tmp_path)
    assert pmids(pages) == list(range(450, 0, -1))
    assert [page.records for page in pages] == [BATCH, BATCH, 50]
    for request in pubmed.asked:
        given = {name: request.form[name] for name in ("db", "tool", "email", "api_key")}
        assert given == {"db": "pubmed", "tool": "citewell", "email": "librarian@example.org", "api_key": KEY}
        assert request.address.endswith(".fcgi")  # nothing for the log of a proxy
    fetched = [request.form for request in pubmed.asked if request.name == "efetch.fcgi"]
    assert [(form["retstart"], form["retmax"]) for form in fetched] == [("0", "200"), ("200", "200"), ("400", "50")]
    assert all("WebEnv" in form and "id" not in form for form in fetched)


def test_a_window_is_asked_for_by_its_date(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(400, DAY))
    for kind, name in ((DateKind.ENTERED, "edat"), (DateKind.PUBLISHED, "pdat"), (DateKind.CHANGED, "mdat")):
        window = Window(kind, DAY + timedelta(days=10), DAY + timedelta(days=19))
        assert sorted(pmids(fetch(PubMedQuery(connect(pubmed), "statins", window=window), tmp_path))) == list(
            range(10, 20)
        )
        asked = next(request.form for request in reversed(pubmed.asked) if request.name == "esearch.fcgi")
        assert (asked["datetype"], asked["mindate"], asked["maxdate"]) == (name, "2026/11/11", "2026/11/20")


def test_a_limit_takes_the_newest(connect: Open, tmp_path: Path) -> None:
    query = PubMedQuery(connect(PubMed(spread(450))), "statins", limit=230)
    found = query.find()
    assert (found.total, found.matching) == (230, 450)
    assert pmids(fetch(query, tmp_path)) == list(range(450, 220, -1))


def test_more_than_one_search_gives_out_is_split_by_date_and_all_come_once(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(21_500))
    pages = fetch(PubMedQuery(connect(pubmed, api_key=KEY), "cancer"), tmp_path)
    assert sorted(pmids(pages)) == list(range(1, 21_501))
    assert sum(page.records for page in pages) == 21_500
    assert all(int(request.form.get("retstart", 0)) < 9_999 for request in pubmed.asked)


def test_a_limit_beyond_one_search_is_split_too(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed({number: DAY - timedelta(days=number // 3) for number in range(1, 12_001)})
    pages = fetch(PubMedQuery(connect(pubmed), "cancer", limit=10_050), tmp_path)
    newest = sorted(pubmed.records, key=lambda pmid: (pubmed.records[pmid], pmid), reverse=True)[:10_050]
    assert sorted(pmids(pages)) == sorted(newest)


def test_a_day_with_more_than_one_search_gives_out_is_split_by_identifier(connect: Open, tmp_path: Path) -> None:
    crowded = [*range(31_000_000, 31_012_000), 7, 99_999_999]
    pubmed = PubMed({**dict.fromkeys(crowded, DAY), 20_000: DAY - timedelta(days=3)})
    for query in (
        PubMedQuery(connect(pubmed), "cancer OR tumour", window=Window(DateKind.ENTERED, DAY - timedelta(days=9), DAY)),
        PubMedQuery(connect(pubmed), "cancer OR tumour", window=Window(DateKind.ENTERED, DAY, DAY)),
    ):
        pubmed.asked.clear()
        assert sorted(set(pmids(fetch(query, tmp_path))) | {20_000}) == sorted(pubmed.records)
        assert pubmed.count("esearch") < 60
        terms = [request.form["term"] for request in pubmed.asked if request.name == "esearch.fcgi"]
        assert all(term.startswith(("cancer OR tumour", "(cancer OR tumour) AND ")) for term in terms)


def test_a_limit_within_such_a_day_is_kept(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(dict.fromkeys(range(1, 12_001), DAY))
    query = PubMedQuery(connect(pubmed), "cancer", window=Window(DateKind.ENTERED, DAY, DAY), limit=10_050)
    assert sorted(pmids(fetch(query, tmp_path))) == list(range(1_951, 12_001))


def test_a_day_that_cannot_be_split_is_said(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed({**dict.fromkeys(range(1, 10_101), DAY), 20_000: DAY - timedelta(days=3)})
    pubmed.reads_ranges = False
    query = PubMedQuery(connect(pubmed), "cancer", window=Window(DateKind.ENTERED, DAY - timedelta(days=9), DAY))
    with pytest.raises(LiveSourceError, match=r"101 more match.*narrow the query"):
        fetch(query, tmp_path)
    assert len(set(tmp_path.rglob("*.xml.gz"))) == 51  # all but those are here


def test_too_many_to_ask_for_one_by_one_are_refused_before_anything_is_fetched(connect: Open) -> None:
    pubmed = PubMed({})
    pubmed.spoil("esearch", lambda reply: Reply(reply.body.replace(b'"count": "0"', b'"count": "38000000"')))
    with pytest.raises(LiveSourceError, match=r"38,000,000 records.*--limit.*baseline"):
        PubMedQuery(connect(pubmed), "all[sb]").find()


@pytest.mark.parametrize(
    "spoil",
    [
        status(429, Retry_After="7"),
        status(500),
        dropped(1000),
        dropped(0),
        cut(1000),
        cut(0),
        instead(b"<!DOCTYPE html><html><body>We are down for maintenance.</body></html>"),
        instead(b'{"error": "API rate limit exceeded"}'),
        instead(pubmed_xml(article(5), deletion(6, 7)).encode()),
        lambda reply: fault("External viewer error: Empty Response. Bytes read: 0 Status: Timeout"),
        lambda reply: replace(fault("Search Backend failed"), status=200),
        mute,
    ],
    ids=[
        "429",
        "500",
        "dropped",
        "no byte",
        "cut",
        "empty",
        "page of HTML",
        "JSON",
        "deletions",
        "timeout",
        "ERROR",
        "silent",
    ],
)
@pytest.mark.parametrize("times", [1, 2])
def test_a_page_that_is_not_whole_is_fetched_again(
    spoil: Callable[[Reply], Reply], times: int, connect: Open, tmp_path: Path
) -> None:
    pubmed = PubMed(spread(300))
    pubmed.spoil("efetch", fine, *[spoil] * times)
    pages = fetch(PubMedQuery(connect(pubmed, timeout=0.2), "statins"), tmp_path)
    assert pmids(pages) == list(range(300, 0, -1))
    assert not any(page.problems for page in pages)
    assert pubmed.count("efetch") == 2 + times


@pytest.mark.parametrize(
    "spoil",
    [
        status(503),
        dropped(30),
        cut(30),
        instead(b"<html>busy</html>"),
        instead(b'{"esearchresult": {"ERROR": "Search Backend failed: \n read request has failed"}}'),
        instead(b'{"header": {}}'),
        instead(b'{"esearchresult": {"count": "300", "idlist": ["1", "2"]}}'),
        instead(b'{"esearchresult": {"count": "-1", "idlist": []}}'),
        instead(b'{"esearchresult": {"count": "1", "idlist": ["../1"]}}'),
        instead(b"[" * 100_000),
        instead(b'{"esearchresult": {"count": "1", "idlist": [' + b"[]," * 1_000_000 + b"[]]}}"),
    ],
    ids=[
        "503",
        "dropped",
        "cut",
        "HTML",
        "ERROR",
        "nothing",
        "too few",
        "less than none",
        "no PMID",
        "deep",
        "endless",
    ],
)
def test_a_search_that_is_not_whole_is_made_again(
    spoil: Callable[[Reply], Reply], connect: Open, tmp_path: Path
) -> None:
    pubmed = PubMed(spread(300))
    pubmed.spoil("esearch", spoil, spoil)
    assert pmids(fetch(PubMedQuery(connect(pubmed), "statins"), tmp_path)) == list(range(300, 0, -1))
    assert pubmed.count("esearch") == 3


def test_a_search_that_the_history_server_forgot_is_made_again(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(1000))
    query = PubMedQuery(connect(pubmed), "statins")
    with open_generation(tmp_path, "pubmed", query.asked) as generation:
        pages = query.fetch(generation)
        got = [next(pages), next(pages)]
        pubmed.forget_searches()
        got += pages
    assert pmids(got) == list(range(1000, 0, -1))
    assert pubmed.count("esearch") == 2


def test_a_history_server_that_never_knows_anything_is_done_without(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(10))
    pubmed.spoil("efetch", *[lambda reply: fault("Unable to obtain query #1")] * 2)
    assert pmids(fetch(PubMedQuery(connect(pubmed), "statins"), tmp_path)) == list(range(10, 0, -1))
    assert pubmed.asked[-1].form["id"] == "10,9,8,7,6,5,4,3,2,1"


def test_records_that_arrive_meanwhile_shift_no_page(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(1000))
    query = PubMedQuery(connect(pubmed), "statins")
    with open_generation(tmp_path, "pubmed", query.asked) as generation:
        pages = query.fetch(generation)
        got = [next(pages)]
        pubmed.records[5000] = date(2026, 11, 23)
        pubmed.forget_searches()  # the search that is made again names one more
        got += pages
    assert pmids(got) == list(range(1000, 0, -1))


def test_a_record_that_pubmed_names_but_does_not_send_is_a_problem(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(300))
    pubmed.withheld = {250, 7}
    pages = fetch(PubMedQuery(connect(pubmed), "statins"), tmp_path)
    assert len(pmids(pages)) == 298
    assert [[problem.record for problem in page.problems] for page in pages] == [["pubmed:250"], ["pubmed:7"]]
    assert "run the same command again" in pages[0].problems[0].mend


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(1000))
    query = PubMedQuery(connect(pubmed), "statins")
    pubmed.spoil("efetch", fine, fine, *[status(500)] * ATTEMPTS)
    with pytest.raises(LiveSourceError, match="answered 500"):
        fetch(query, tmp_path)
    assert files(tmp_path) == ["000001.xml.gz", "000002.xml.gz", "fetch.json"]
    pubmed.asked.clear()
    assert pmids(fetch(query, tmp_path)) == list(range(1000, 0, -1))
    assert pubmed.count("efetch") == 3  # what was there is not fetched again
    pubmed.asked.clear()
    assert pmids(fetch(query, tmp_path)) == list(range(1000, 0, -1))
    assert pubmed.count("efetch") == 5  # a finished one is asked afresh


@pytest.mark.parametrize(
    "wreck", [b"", b"\x1f\x8b", b"no gzip at all", gzip.compress(b"<PubmedArticleSet><PubmedArticle>")]
)
def test_a_file_that_was_damaged_is_fetched_again(wreck: bytes, connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(300))
    query = PubMedQuery(connect(pubmed), "statins")
    with open_generation(tmp_path, "pubmed", query.asked) as generation:
        next(query.fetch(generation)).path.write_bytes(wreck)
    assert pmids(fetch(query, tmp_path)) == list(range(300, 0, -1))


def test_a_state_that_cannot_be_read_is_not_gone_on_with(connect: Open, tmp_path: Path) -> None:
    pubmed = PubMed(spread(300))
    query = PubMedQuery(connect(pubmed), "statins")
    with open_generation(tmp_path, "pubmed", query.asked) as generation:
        next(query.fetch(generation))
        (generation.folder / "fetch.json").write_bytes(b'{"asked":')
    pubmed.records[400] = date(2027, 1, 1)  # the pages are others now
    pages = fetch(query, tmp_path)
    assert pages[0].path.parent != generation.folder
    assert pmids(pages) == [400, *range(300, 0, -1)]


def test_other_questions_have_other_folders_whose_names_tell_nothing(connect: Open, tmp_path: Path) -> None:
    eutils = connect(PubMed(spread(3)))
    window = Window(DateKind.ENTERED, date(1990, 1, 1), DAY)
    asked = [PubMedQuery(eutils, PATIENT), PubMedQuery(eutils, "aspirin"), PubMedQuery(eutils, PATIENT, limit=2)]
    asked += [
        PubMedQuery(eutils, PATIENT, window=window),
        PubMedQuery(eutils, PATIENT, window=replace(window, kind=DateKind.CHANGED)),
    ]
    folders = {fetch(query, tmp_path)[0].path.parents[1] for query in asked}
    assert len(folders) == len(asked)
    assert not any("Jane" in str(folder) for folder in folders)


def test_two_processes_do_not_fetch_the_same(connect: Open, tmp_path: Path) -> None:
    query = PubMedQuery(connect(PubMed(spread(3))), "statins")
    with (
        open_generation(tmp_path, "pubmed", query.asked),
        pytest.raises(LiveSourceError, match="Another process"),
        open_generation(tmp_path, "pubmed", query.asked),
    ):
        pass


def test_a_disk_that_refuses_is_named(connect: Open, tmp_path: Path) -> None:
    (tmp_path / "fetched").write_text("a file where the folder should be")
    with pytest.raises(IngestionError, match="cannot be written"):
        fetch(PubMedQuery(connect(PubMed(spread(3))), "statins"), tmp_path)


def test_what_pubmed_says_of_the_words_is_passed_on(connect: Open) -> None:
    pubmed = PubMed({})
    pubmed.remarks = {
        "errorlist": {"phrasesnotfound": ["zzzqqq"], "fieldsnotfound": ["nope"]},
        "warninglist": {
            "phrasesignored": ["of"],
            "quotedphrasesnotfound": ['"purple urine"'],
            "outputmessages": ["No items found.", "Restrictions achieved. start and count adjusted to 0, 9999"],
        },
    }
    assert PubMedQuery(connect(pubmed), "zzzqqq[nope]").find().remarks == (
        "not in PubMed, left out: zzzqqq",
        "no such search field: nope",
        'quoted phrase not in PubMed, searched without the quotes: "purple urine"',
        "ignored: of",
        "No items found.",
    )
    pubmed.remarks = {"errorlist": None, "warninglist": ""}
    assert PubMedQuery(connect(pubmed), "zzzqqq").find().remarks == ()


def test_a_key_that_ncbi_does_not_know_is_named_by_its_setting(connect: Open) -> None:
    pubmed = PubMed(spread(3))
    pubmed.api_key = KEY
    with pytest.raises(LiveSourceError, match="Correct CITEWELL_NCBI_API_KEY") as raised:
        PubMedQuery(connect(pubmed, api_key="fedcba98"), "statins").find()
    assert "fedcba98" not in str(raised.value)
    assert len(pubmed.asked) == 1


@pytest.mark.parametrize(("key", "pause"), [(None, 1 / 3), (KEY, 1 / 10)])
def test_ncbi_is_asked_no_more_often_than_it_allows(
    key: str | None, pause: float, connect: Open, clock: Clock, tmp_path: Path
) -> None:
    pubmed = PubMed(spread(1500), clock)
    pubmed.spoil("efetch", fine, status(500), cut(99))
    fetch(PubMedQuery(connect(pubmed, api_key=key), "statins"), tmp_path)
    gaps = [later - earlier for earlier, later in zip(pubmed.times, pubmed.times[1:], strict=False)]
    assert len(gaps) == 10
    assert min(gaps) == pytest.approx(pause)


def test_neither_the_key_nor_the_question_reaches_an_error_or_a_log(
    connect: Open, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    repeating = json.dumps({"esearchresult": {"ERROR": f"Could not parse {PATIENT.upper()} with {KEY}"}}).encode()
    spoils = [
        status(500),
        status(400),
        status(403),
        instead(repeating),
        mute,
        dropped(9),
        cut(9),
        instead(KEY.encode()),
    ]
    told = []
    for name in ("esearch", "efetch"):
        for number, spoil in enumerate(spoils):
            pubmed = PubMed(spread(3))
            pubmed.spoil(name, *[spoil] * 3 * ATTEMPTS)
            with pytest.raises(LiveSourceError) as raised:
                fetch(PubMedQuery(connect(pubmed, api_key=KEY, timeout=0.1), PATIENT), tmp_path / f"{name}{number}")
            told.append("".join(traceback.format_exception(raised.value)))
    fetch(PubMedQuery(connect(PubMed(spread(3)), api_key=KEY), PATIENT), tmp_path)
    for text in (caplog.text, *told):
        assert "roe" not in text.lower().replace("error", "")
        assert KEY not in text
    state = "".join(path.read_text() for path in tmp_path.rglob("fetch.json"))
    assert KEY not in state


def test_pubmeds_own_words_are_told_where_they_repeat_nothing(connect: Open) -> None:
    pubmed = PubMed({})
    body = b'{"esearchresult": {"ERROR": "Search Backend failed: Database is not supported: pubmed"}}'
    pubmed.spoil("esearch", *[instead(body)] * ATTEMPTS)
    with pytest.raises(LiveSourceError, match=r"could not search .“Search Backend failed: Database is not supported"):
        PubMedQuery(connect(pubmed), "statins").find()


def test_no_prefix_of_a_page_counts_as_the_page(tmp_path: Path) -> None:
    pubmed, clock = PubMed(spread(3)), Clock()
    whole = pubmed_xml(*(article(pmid) for pmid in (3, 2, 1))).encode().rstrip()
    ways = {"cut": cut, "dropped": dropped, "packed": lambda length: lambda reply: packed(reply, length)}

    def packed(reply: Reply, length: int) -> Reply:
        return Reply(gzip.compress(reply.body[:length]), headers={"Content-Encoding": "gzip"})

    with serving(pubmed) as url, Eutils(url, clock=clock, sleep=clock.sleep) as eutils:

        @settings(max_examples=80, deadline=None)
        @given(st.integers(0, len(whole) - 1), st.sampled_from(sorted(ways)), st.booleans())
        def holds(length: int, way: str, mended: bool) -> None:
            query = PubMedQuery(eutils, "statins")
            spoilt = ways[way](length)
            with open_generation(tmp_path, "pubmed", query.asked) as generation:
                pubmed._spoilt.clear()
                pubmed.spoil("efetch", *[spoilt] * (1 if mended else 2 * ATTEMPTS))
                if mended:
                    assert pmids(list(query.fetch(generation))) == [3, 2, 1]
                else:
                    with pytest.raises(LiveSourceError):
                        list(query.fetch(generation))
                    assert [path.name for path in generation.folder.iterdir()] == ["fetch.json"]
                generation.finish()

        holds()


@pytest.mark.slow
def test_genuine_answers_of_efetch_count_and_no_prefix_nor_other_answer_does(
    connect: Open, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "ATTEMPTS", 1)
    folder = data_dir / "ingest" / "pubmed_native" / "biopython" / "Tests" / "Entrez"
    others = [path.read_bytes() for path in sorted(folder.glob("*.xml")) if not path.name.startswith("pubmed")]
    assert len(others) > 20
    pubmed = PubMed({})
    query = PubMedQuery(connect(pubmed), "statins")
    for page in sorted(folder.glob("pubmed*.xml")):
        whole = page.read_bytes()
        named = {
            item.document_id.removeprefix("pubmed:") for item in PubMedXml().parse(page) if isinstance(item, Document)
        }
        pubmed.records = {int(pmid): DAY for pmid in named}
        cuts = [whole[:length] for length in range(0, len(whole.rstrip()), len(whole) // 25)]
        for spoilt in (*cuts, whole.rstrip()[:-1], *others):
            pubmed.spoil("efetch", instead(spoilt))
            with pytest.raises(LiveSourceError):
                fetch(query, tmp_path / "cut")
        pubmed.spoil("efetch", instead(whole))
        (kept,) = fetch(query, tmp_path / page.stem)
        assert (kept.records, kept.problems) == (len(named), ())
        assert gzip.decompress(kept.path.read_bytes()) == whole
    assert not list((tmp_path / "cut").rglob("*.xml.gz"))


def ingest(library: Library, eutils: Eutils, query: str = "statins") -> Report:
    report = Report()
    ingest_live(library, PubMedQuery(eutils, query), report)
    return report


def test_what_is_fetched_is_in_the_library_and_failures_end_with_the_next_fetch(
    connect: Open, library: Library
) -> None:
    pubmed = PubMed(spread(250))
    pubmed.withheld = {9}
    eutils = connect(pubmed)
    report = ingest(library, eutils)
    assert (report.added, [failure[1] for failure in report.failures]) == (249, ["pubmed:9"])
    assert [(failure.record, Path(failure.source).name) for failure in library.ledger.failures()] == [
        ("pubmed:9", "000002.xml.gz")
    ]
    pubmed.withheld.clear()
    report = ingest(library, eutils)
    assert (report.added, report.unchanged, report.failures) == (1, 249, [])
    assert library.ledger.failures() == []


def test_of_earlier_fetches_those_files_stay_that_documents_come_from(connect: Open, library: Library) -> None:
    pubmed = PubMed(spread(401))  # pages of 200, 200 and 1
    eutils = connect(pubmed)
    ingest(library, eutils)
    sources = {pmid: known_source(library, pmid) for pmid in pubmed.records}
    pubmed.edited = set(range(202, 402))  # all of the first page
    report = ingest(library, eutils)
    assert (report.changed, report.unchanged) == (200, 201)
    for pmid, before in sources.items():
        assert known_source(library, pmid).is_file()
        assert (known_source(library, pmid) == before) == (pmid not in pubmed.edited)
    assert files(library.home / "fetched") == [
        *["000001.xml.gz", "000002.xml.gz", "000002.xml.gz", "000003.xml.gz", "000003.xml.gz"],
        *["fetch.json", "fetch.json"],
    ]
    pubmed.edited = set(pubmed.records)
    ingest(library, eutils)
    assert len({known_source(library, pmid).parent for pmid in pubmed.records}) == 2
    pubmed.edited = set()
    ingest(library, eutils)
    assert files(library.home / "fetched").count("fetch.json") == 1


def known_source(library: Library, pmid: int) -> Path:
    """The file the library has a record from."""
    known = library.ledger.known(f"pubmed:{pmid}")
    assert known
    return Path(known.source)


def test_progress_counts_records(connect: Open, library: Library) -> None:
    told: list[Standing] = []
    totals: list[int] = []
    ingest_live(
        library,
        PubMedQuery(connect(PubMed(spread(250))), "statins"),
        Report(),
        on_found=lambda found, generation: totals.append(found.total),
        on_progress=told.append,
    )
    assert totals == [250]
    assert [(stand.done, stand.total) for stand in told] == [(200, 250), (250, 250)]
    assert told[-1].report.added == 250


def test_what_came_before_the_service_failed_is_in_the_library(connect: Open, library: Library) -> None:
    pubmed = PubMed(spread(450))
    pubmed.spoil("efetch", fine, fine, *[cut(1000)] * 2 * ATTEMPTS)
    eutils, report = connect(pubmed), Report()
    with pytest.raises(LiveSourceError, match="incomplete page"):
        ingest_live(library, PubMedQuery(eutils, "statins"), report)
    assert report.added == 400
    assert sum(documents for documents, _ in library.ledger.counts().values()) == 400
    pubmed._spoilt.clear()
    again = ingest(library, eutils)
    assert (again.added, again.files_unchanged) == (50, 2)


def test_a_record_that_cannot_be_read_is_a_failure_of_its_own(connect: Open, library: Library) -> None:
    pubmed = PubMed(spread(5))
    broken = b'<PubmedArticle><MedlineCitation><PMID Version="1">3</PMID><oops></MedlineCitation></PubmedArticle>'
    pubmed.spoil("efetch", lambda reply: Reply(reply.body.replace(article(3).encode(), broken)))
    report = ingest(library, connect(pubmed))
    assert report.added == 4
    assert [failure[1] for failure in report.failures] == ["pubmed:3"]


def test_nothing_that_matches_is_no_error(connect: Open, library: Library) -> None:
    assert ingest(library, connect(PubMed({}))) == Report()
    assert isinstance(library.ledger, Ledger)


def test_a_generation_that_waited_too_long_is_not_gone_on_with(tmp_path: Path) -> None:
    with open_generation(tmp_path, "pubmed", {"query": "x"}) as first:
        pass
    stale = first.folder.with_name("20200101T000000.000000Z")
    first.folder.rename(stale)
    with open_generation(tmp_path, "pubmed", {"query": "x"}) as second:
        assert (second.folder != stale, second.resumed) == (True, False)
    with open_generation(tmp_path, "pubmed", {"query": "x"}) as third:
        assert (third.folder, third.resumed) == (second.folder, True)
        assert isinstance(third, Generation)
