"""The retrieval suite, on a small set with the product's own embedder and engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evals.datasets import CorpusDocument
from evals.errors import DataError
from evals.suites.base import Options, Outcome
from evals.suites.retrieval import SYSTEMS, RetrievalSuite, as_document, rank
from indexes.searcher import Mode
from ingestion.chunking import passages_of

OPTIONS = Options(resamples=100)


def ignore(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> object:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("CITEWELL_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def outcome(home: Path, write_set: Callable[..., Path]) -> Outcome:
    return RetrievalSuite().run(write_set(), OPTIONS, ignore)


def test_the_small_set_is_answered(outcome: Outcome) -> None:
    assert (outcome.data, outcome.n, outcome.shipped) == ("small", 6, "blend")
    assert list(outcome.systems) == ["blend", "dense", "bm25", "rrf"]
    assert next(iter(outcome.systems["blend"])) == "ndcg@10"
    assert outcome.systems["blend"]["ndcg@10"].value > 0.95
    assert outcome.systems["blend"]["recall@100"].value == 1
    assert outcome.systems["blend"]["p@10"].value == pytest.approx(0.1)
    for measures in outcome.systems.values():
        assert 0 < measures["p50_ms"].value <= measures["p95_ms"].value
        assert all(measure.low <= measure.value <= measure.high for measure in measures.values())


def test_what_cannot_be_measured_is_counted(outcome: Outcome) -> None:
    assert outcome.left_out == {"queries without a relevant document": 2}
    assert not outcome.problems


def test_the_blend_is_compared_with_the_better_part(outcome: Outcome) -> None:
    for metric, difference in outcome.comparisons.items():
        means = {part: outcome.systems[part][metric].value for part in ("dense", "bm25")}
        assert means[difference.baseline] == max(means.values())
        assert difference.value == pytest.approx(outcome.systems["blend"][metric].value - max(means.values()))


def test_the_hardest_come_first_with_what_was_found(outcome: Outcome) -> None:
    assert [case.value for case in outcome.hardest] == sorted(case.value for case in outcome.hardest)
    aspirin = next(case for case in outcome.hardest if case.case_id == "q1")
    assert [(line.label, line.mark) for line in aspirin.expected] == [("d1", "rank 1")]
    assert (aspirin.found[0].label, aspirin.found[0].good) == ("d1", True)


def test_a_second_run_measures_the_same_and_embeds_nothing(
    outcome: Outcome, write_set: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, texts: Sequence[str]) -> object:
        raise AssertionError(f"embedded again: {texts}")

    monkeypatch.setattr("indexes.embedding.onnx.OnnxEmbedder.embed_passages", refuse)
    assert RetrievalSuite().run(write_set(), OPTIONS, ignore).values == outcome.values


def test_a_relevant_document_outside_the_corpus_is_missed_and_counted(
    home: Path, write_set: Callable[..., Path]
) -> None:
    judgements = [("q1", "d1", 1), ("q1", "gone", 1), ("nobody", "d1", 1)]
    outcome = RetrievalSuite().run(write_set(judgements=judgements), OPTIONS, ignore)
    assert (outcome.n, len(outcome.problems)) == (1, 2)
    assert outcome.systems["blend"]["recall@100"].value == 0.5
    assert {line.mark for line in outcome.hardest[0].expected} == {"rank 1", "not in the first 100"}


def test_a_query_of_small_words_has_found_nothing_and_the_others_are_measured(
    home: Path, write_set: Callable[..., Path]
) -> None:
    data = write_set(queries={"q1": "does aspirin prevent a second heart attack", "q2": "down but not out"})
    outcome = RetrievalSuite().run(data, OPTIONS, ignore)
    assert outcome.n == 2
    assert sorted(outcome.values["blend"]["ndcg@10"]) == [0, 1]
    assert [problem for problem in outcome.problems if "'q2'" in problem and "small words" in problem]


def test_judgements_may_lie_where_beir_ships_them(home: Path, write_set: Callable[..., Path], outcome: Outcome) -> None:
    folder = write_set()
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert RetrievalSuite().run(folder, OPTIONS, ignore).values == outcome.values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"judgements": [("q1", "d1", 0), ("q2", "d1", -1)]}, "no query has a relevant document"),
        ({"documents": {"d1": ("", "")}, "judgements": [("q1", "d1", 1)]}, "no document has any text"),
    ],
)
def test_a_set_that_measures_nothing_is_refused(
    home: Path, write_set: Callable[..., Path], changes: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        RetrievalSuite().run(write_set(**changes), OPTIONS, ignore)


def test_texts_become_documents_of_the_product() -> None:
    document = as_document("d1", CorpusDocument(" A title ", " First sentence. Second one. "))
    (passage,) = passages_of(document)
    assert (document.title, passage.text, passage.document_id) == ("A title", "First sentence. Second one.", "d1")
    (title_only,) = passages_of(as_document("d2", CorpusDocument("A title", " ")))
    assert (title_only.title, title_only.text) == ("", "A title")
    assert passages_of(as_document("d3", CorpusDocument("", ""))) == []


def test_a_document_stands_where_its_best_passage_stands_and_a_hundred_are_found() -> None:
    passages = [f"d{number // 5}" for number in range(1000)]
    asked: list[int] = []

    def search(query: str, k: int, mode: Mode) -> Sequence[str]:
        asked.append(k)
        return passages[:k]

    seen: list[tuple[int, int]] = []
    rankings, times = rank(
        search, {"q": "a", "r": "b"}, ["q", "r"], 10, lambda _, done, total: seen.append((done, total))
    )
    assert rankings[Mode.BLEND]["q"] == [f"d{number}" for number in range(100)]
    assert {mode: len(each) for mode, each in times.items()} == dict.fromkeys(SYSTEMS, 2)
    assert max(asked) == 800
    assert seen[-1] == (8, 8)


def test_fewer_documents_than_a_hundred_end_the_search() -> None:
    rankings, _ = rank(lambda query, k, mode: ["a", "b", "a"][:k], {"q": "a"}, ["q"], 10, ignore)
    assert rankings[Mode.RRF]["q"] == ["a", "b"]
