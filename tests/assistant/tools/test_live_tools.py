"""PubMed and ClinicalTrials.gov asked for an answer: little time, few records, all citable, and no word of a patient leaves."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import native
import pytest
from benches import Small, bench_of, call
from documents import article, pubmed
from hashed_embedder import HashedEmbedder
from scripted_service import PubMed, Reply, Request, Server, cut, instead, mute, remembering, serving, status

from assistant.errors import ToolError
from assistant.settings import Settings
from assistant.tools import Bench
from assistant.tools.leaving import refuse_identifiers
from assistant.tools.live import Hurry
from assistant.tools.live_pubmed import LivePubMed
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.live_trials import LiveTrials, TrialsArguments, parameters_of
from assistant.tools.shelves import open_shelves
from indexes.filters import Filters
from indexes.passage import Kind, Sex, Status
from ingestion.library import Library

CONCEPTS = [{"words": ["aspirin"]}, {"words": ["stroke"], "mesh": ["Stroke"]}]
Answer = Callable[[Request], Reply]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "home", purpose="a test", embedder=HashedEmbedder()) as library:
        yield library


class Live:
    """The live tools over services of our own."""

    def __init__(self, stack: ExitStack, library: Library) -> None:
        self._stack = stack
        self.library = library
        self.shelf = LiveShelf(library.home)

    def pubmed(self, answer: Answer, seconds: float = 20.0) -> LivePubMed:
        url = self._stack.enter_context(serving(answer))
        tool = LivePubMed(Settings(eutils_url=url, ncbi_email="a@example.org"), self.shelf, seconds=seconds)
        self._stack.callback(tool.close)
        return tool

    def trials(self, answer: Answer, seconds: float = 20.0) -> tuple[LiveTrials, Server]:
        server = self._stack.enter_context(remembering(answer))
        tool = LiveTrials(Settings(ctgov_url=server.url), self.shelf, seconds=seconds)
        self._stack.callback(tool.close)
        return tool, server

    def bench(self, filters: Filters | None = None) -> Bench:
        return bench_of(self.library, filters)


@pytest.fixture
def live(empty: Library) -> Iterator[Live]:
    with ExitStack() as stack:
        yield Live(stack, empty)


def records(count: int) -> PubMed:
    return PubMed({number: date(2020, 1, number) for number in range(1, count + 1)})


def fetching(*articles: str) -> Answer:
    """A PubMed that finds these, whatever is asked."""
    pmids = [str(number) for number in range(1, len(articles) + 1)]
    found = {"esearchresult": {"count": str(len(pmids)), "idlist": pmids, "webenv": "W", "querykey": "1"}}

    def answer(request: Request) -> Reply:
        return Reply(json.dumps(found).encode() if request.name == "esearch.fcgi" else pubmed(*articles).encode())

    return answer


def test_pubmed_is_asked_in_its_language_and_what_comes_can_be_cited_later(live: Live) -> None:
    service = records(30)
    found = call(
        live.pubmed(service), live.bench(), concepts=CONCEPTS, publication_types=["Review"], year_from=2019, k=4
    )
    asked = service.asked[0].form
    assert asked["term"] == '"aspirin"[tiab] AND ("stroke"[tiab] OR "Stroke"[mh]) AND "Review"[pt] AND 2019:3000[dp]'
    assert (asked["sort"], asked["tool"], asked["email"]) == ("relevance", "citewell", "a@example.org")
    assert [passage.document_id for passage in found.passages] == ["pubmed:30", "pubmed:29", "pubmed:28", "pubmed:27"]
    assert found.text == "PubMed has 30 records for this, best matches first."
    shelves = open_shelves(live.library)
    for passage in found.passages:
        assert shelves.passage(passage.passage_id) == passage
        document = shelves.document(passage.document_id)
        assert document is not None
        assert document.text[passage.start : passage.end] == passage.text
    assert live.library.ledger.passage_count() == 0


def test_pubmed_s_remarks_reach_the_model(live: Live) -> None:
    service = records(1)
    service.remarks = {"warninglist": {"quotedphrasesnotfound": ['"aspirin stroke"[tiab]']}}
    assert "quoted phrase not in PubMed" in call(live.pubmed(service), live.bench(), concepts=CONCEPTS).text
    nothing = call(live.pubmed(records(0)), live.bench(), concepts=CONCEPTS)
    assert nothing.text == "PubMed has 0 records for this; use fewer concepts or more synonyms."


def test_retracted_work_and_what_the_question_shuts_out_are_counted(live: Live) -> None:
    tool = live.pubmed(
        fetching(article(1, "Made up", retracted=True, results="It worked."), article(2, "Sound", results="It did."))
    )
    found = call(tool, live.bench(), concepts=CONCEPTS)
    assert [passage.document_id for passage in found.passages] == ["pubmed:2"]
    assert "1 retracted document left out" in found.text
    shut_out = call(tool, live.bench(Filters(year_to=2018)), concepts=CONCEPTS)
    assert (list(shut_out.passages), "1 do not pass the filters" in shut_out.text) == ([], True)
    with pytest.raises(ToolError, match="allows only kinds trial"):
        call(tool, live.bench(Filters(kinds=frozenset({Kind.TRIAL}))), concepts=CONCEPTS)


def test_the_question_s_filters_are_part_of_the_search(live: Live) -> None:
    service = records(1)
    filters = Filters(year_from=2015, mesh=frozenset({"Humans"}), publication_types=frozenset({"Review"}))
    call(live.pubmed(service), live.bench(filters), concepts=["aspirin"], year_from=2010)
    assert service.asked[0].form["term"] == '"aspirin"[tiab] AND "review"[pt] AND "humans"[mh] AND 2015:3000[dp]'


def test_what_the_library_holds_is_cited_from_there(small: Small, tmp_path: Path) -> None:
    held = small({"a.xml": pubmed(article(1, "Ours", results="The library's words."))})
    with ExitStack() as stack:
        live = Live(stack, held)
        tool = live.pubmed(fetching(article(1, "Ours", results="Other words of today.")))
        found = call(tool, live.bench(), concepts=CONCEPTS)
        assert [passage.text for passage in found.passages] == ["The library's words."]
        withdrawn = live.pubmed(fetching(article(1, "Ours", retracted=True, results="The library's words.")))
        assert not call(withdrawn, live.bench(), concepts=CONCEPTS).passages


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ([status(500)] * 9, "answered 500"),
        ([status(403)], "answered 403"),
        ([instead(b"<html>Sign in</html>")] * 9, "no answer to a search"),
        ([cut(20)] * 9, "no answer to a search"),
        ([mute] * 9, "in time"),
        ([status(429, retry_after="3600")], "answered 429"),
    ],
)
def test_a_service_that_fails_costs_little_time_and_is_told_in_words(
    spoil: list[object], said: str, live: Live
) -> None:
    service = records(3)
    service.spoil("esearch", *spoil)  # type: ignore[arg-type]
    started = time.monotonic()
    with pytest.raises(ToolError) as caught:
        call(live.pubmed(service, seconds=1.5), live.bench(), concepts=CONCEPTS)
    assert time.monotonic() - started < 60  # and not the five minutes of an ingestion
    assert str(caught.value).endswith("Answer from the library instead.")
    assert said in str(caught.value) or "in time" in str(caught.value)
    assert "aspirin" not in str(caught.value)


def test_half_a_page_is_asked_for_again(live: Live) -> None:
    service = records(3)
    service.spoil("efetch", cut(300))
    assert len(call(live.pubmed(service), live.bench(), concepts=CONCEPTS).passages) == 3


def test_nobody_s_record_is_taken_that_was_not_asked_for(live: Live) -> None:
    """A service that sends others, or deletes, changes nothing."""
    tool = live.pubmed(fetching(article(77, "Unasked", results="Buy this."), native.deletion(1)))
    assert not call(tool, live.bench(), concepts=CONCEPTS).passages
    assert open_shelves(live.library).document("pubmed:77") is None


PRIVATE = [
    "Jane Roe jane.roe@example.org",
    "born 1950-01-31",
    "12/03/1961",
    "3 March 1961",
    "March 3, 1961",
    "MRN 1234567",
    "555 123 4567",
    "Mrs Roe",
]
PUBLIC = [
    "heart failure",
    "NCT02651584",
    "IL-6",
    "HbA1c 7.5%",
    "age 65-80",
    "CHA2DS2-VASc",
    "1.73 m2",
    "GLP-1",
    "born preterm",
    "Lip GY",
    "2019-2020",
    "may 2020",
]


@pytest.mark.parametrize("words", PRIVATE)
def test_what_may_identify_a_person_is_not_sent(words: str, live: Live) -> None:
    service = records(3)
    tool, server = live.trials(lambda request: Reply(b'{"studies": []}'))
    for asked, given in (
        (live.pubmed(service), {"concepts": [{"words": ["stroke", words]}]}),
        (live.pubmed(service), {"concepts": CONCEPTS, "authors": [words]}),
        (live.pubmed(service), {"concepts": CONCEPTS, "journal": words}),
        (tool, {"conditions": [words]}),
        (tool, {"conditions": ["stroke"], "country": words}),
    ):
        with pytest.raises(ToolError, match="Nothing was sent") as caught:
            call(asked, live.bench(), **given)
        assert words not in str(caught.value)
    assert service.asked == server.requests == []


@pytest.mark.parametrize("words", PUBLIC)
def test_words_of_medicine_are_sent(words: str) -> None:
    refuse_identifiers([words])


def registry(*studies: str, total: int | None = None) -> Answer:
    page = {"studies": [json.loads(each) for each in studies], "totalCount": len(studies) if total is None else total}
    return lambda request: Reply(json.dumps(page).encode())


def test_the_registry_is_asked_in_its_language_and_trials_can_be_cited_later(live: Live) -> None:
    tool, server = live.trials(registry(native.study("NCT00000001"), native.study("NCT00000002"), total=40))
    found = call(
        tool,
        live.bench(),
        conditions=["heart failure", "cardiac failure"],
        interventions=["dapagliflozin"],
        status=["recruiting", "active not recruiting"],
        phases=["3", "early phase 1"],
        country="France",
        k=2,
    )
    (request,) = server.requests
    assert request.form["query.cond"] == '"heart failure" OR "cardiac failure"'
    assert request.form["query.intr"] == '"dapagliflozin"'
    assert request.form["query.locn"] == '"France"'
    assert request.form["filter.overallStatus"] == "RECRUITING,ACTIVE_NOT_RECRUITING"
    assert request.form["filter.advanced"] == "AREA[Phase](PHASE3 OR EARLY_PHASE1)"
    assert {passage.document_id for passage in found.passages} == {"nct:NCT00000001", "nct:NCT00000002"}
    assert found.text == "ClinicalTrials.gov has 40 studies for this."
    shelves = open_shelves(live.library)
    assert all(shelves.passage(passage.passage_id) == passage for passage in found.passages)


def test_a_patient_s_age_and_sex_are_part_of_the_search() -> None:
    adult = TrialsArguments(conditions=("stroke",), age=70.9, sex="female")
    assert parameters_of(adult)["filter.advanced"] == (
        "AREA[Sex](ALL OR FEMALE) AND (AREA[MinimumAge]RANGE[MIN, 70 years] OR AREA[MinimumAge]MISSING) AND "
        "(AREA[MaximumAge]RANGE[70 years, MAX] OR AREA[MaximumAge]MISSING)"
    )
    assert "RANGE[MIN, 6 months]" in parameters_of(TrialsArguments(conditions=("x",), age=0.5))["filter.advanced"]
    assert (
        parameters_of(TrialsArguments(conditions=('x" OR AREA[Phase]MISSING (y',)))["query.cond"]
        == '"x OR AREA Phase MISSING y"'
    )
    with pytest.raises(ToolError, match="Say which trials"):
        parameters_of(TrialsArguments(status=("recruiting",)))


def test_the_question_s_filters_narrow_trials_and_are_asked_for(live: Live) -> None:
    tool, server = live.trials(registry(native.study("NCT00000001")))
    filters = Filters(trial_statuses=frozenset({"RECRUITING"}), sex=Sex.FEMALE, age=40, phases=frozenset({"III"}))
    found = call(tool, live.bench(filters), conditions=["stroke"])
    assert server.requests[0].form["filter.overallStatus"] == "RECRUITING"
    assert (
        server.requests[0].form["filter.advanced"].startswith("AREA[Phase](PHASE3) AND AREA[Sex](ALL OR FEMALE) AND ")
    )
    assert not found.passages  # the record does not say that it recruits
    assert "1 do not pass the filters" in found.text


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: Reply(b"Bad query", 400),
        lambda request: Reply(b"no robots", 403),
        lambda request: Reply(b"<html></html>"),
        lambda request: Reply(silent=True),
    ],
)
def test_a_registry_that_fails_is_told_in_words(answer: Answer, live: Live) -> None:
    tool, _ = live.trials(answer, seconds=1.0)
    with pytest.raises(ToolError, match="Answer from the library instead") as caught:
        call(tool, live.bench(), conditions=["stroke"])
    assert "stroke" not in str(caught.value)


def test_what_is_no_study_is_passed_over(live: Live) -> None:
    tool, _ = live.trials(registry(native.study("NCT00000001"), '{"protocolSection": {}}', '"text"', "null"))
    assert [each.document_id for each in call(tool, live.bench(), conditions=["stroke"]).passages] == [
        "nct:NCT00000001"
    ]


def test_of_a_long_trial_the_passages_nearest_to_the_words_come(live: Live) -> None:
    study = json.loads(native.study("NCT00000001", "A trial."))
    criteria = (
        "Inclusion Criteria:\n\n"
        + "\n".join(f"* Criterion number {n}" for n in range(20))
        + "\n* Known stroke of the brain stem"
    )
    study["protocolSection"]["eligibilityModule"] = {"eligibilityCriteria": criteria}
    tool, _ = live.trials(registry(json.dumps(study)))
    found = call(tool, live.bench(), conditions=["brain stem stroke"])
    assert len(found.passages) == 2
    assert found.passages[-1].text == "Known stroke of the brain stem"


def test_work_that_hangs_is_left_and_a_pause_that_outlasts_it_is_refused() -> None:
    hurry, over = Hurry("PubMed", 0.2), threading.Event()
    with pytest.raises(ToolError, match="PubMed does not answer in time"):
        hurry.within(lambda: over.wait(30))
    over.set()
    with pytest.raises(ToolError, match="PubMed does not answer in time"):
        hurry.within(lambda: hurry.sleep(10))
    assert hurry.within(lambda: "done") == "done"


def test_a_new_copy_replaces_the_old_one(live: Live) -> None:
    call(live.pubmed(fetching(article(1, "First", results="It worked."))), live.bench(), concepts=CONCEPTS)
    call(
        live.pubmed(fetching(article(1, "First", retracted=True, results="It worked."))),
        live.bench(),
        concepts=CONCEPTS,
    )
    kept = live.shelf.document("pubmed:1")
    assert kept is not None
    assert kept.status is Status.RETRACTED
    assert live.bench().shelf.document("pubmed:1") == kept
