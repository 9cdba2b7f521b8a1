"""The one entry to search: every way of ranking, whatever the library holds and whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder
from passages import DIMENSION, make_passage

from indexes.embedding import load_embedder
from indexes.engines import Engine
from indexes.engines.edge import EdgeEngine
from indexes.errors import UnusableInputError
from indexes.passage import Filters, Kind
from indexes.searcher import Mode, Searcher

LIBRARY = [
    make_passage(1, "Aspirin prevents stroke", Kind.LITERATURE, 2001),
    make_passage(2, "Offer a statin for primary prevention", Kind.GUIDELINE, 2023),
    make_passage(3, "Adults with raised IL-6 and HbA1c of 7.5%", Kind.TRIAL, 2020),
    make_passage(4, "Colonoscopy finds adenomas", Kind.LITERATURE, None),
    make_passage(5, "Aspirin and statin together", Kind.TRIAL, 2010),
]
MODES = pytest.mark.parametrize("mode", list(Mode))


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    with closing(EdgeEngine.open(tmp_path / "library", dimension=DIMENSION)) as engine:
        yield Searcher(engine, HashedEmbedder(dimension=DIMENSION))


@pytest.fixture
def filled(searcher: Searcher) -> Searcher:
    searcher.index(LIBRARY)
    return searcher


def ids(
    searcher: Searcher, query: str, k: int = 10, filters: Filters | None = None, mode: Mode = Mode.BLEND
) -> list[str]:
    return [hit.passage.document_id for hit in searcher.search(query, k, filters, mode)]


@MODES
def test_the_passage_that_says_it_comes_first(filled: Searcher, mode: Mode) -> None:
    assert ids(filled, "Colonoscopy finds adenomas", mode=mode)[0] == "doc:4"
    assert ids(filled, "il-6", mode=mode, k=1) == ["doc:3"] or mode is Mode.DENSE


@MODES
def test_scores_fall_and_are_kept_by_part(filled: Searcher, mode: Mode) -> None:
    hits = filled.search("aspirin statin", mode=mode)
    fused = [hit.scores.fused for hit in hits]
    assert fused == sorted(fused, reverse=True)
    assert all(0 <= score <= 1 for score in fused)
    assert all((hit.scores.dense is None) == (mode is Mode.BM25) for hit in hits)
    for hit in hits:
        said = any(word in hit.passage.text.lower() for word in ("aspirin", "statin"))
        assert (hit.scores.lexical is not None) == (said and mode is not Mode.DENSE)


@MODES
def test_an_empty_index_finds_nothing(searcher: Searcher, mode: Mode) -> None:
    searcher.index([])
    assert searcher.search("aspirin", mode=mode) == []


@MODES
def test_more_hits_than_there_are_give_each_passage_once(filled: Searcher, mode: Mode) -> None:
    found = ids(filled, "aspirin", k=5000, mode=mode)
    assert len(found) == len(set(found))
    assert set(found) == ({"doc:1", "doc:5"} if mode is Mode.BM25 else {f"doc:{n}" for n in range(1, 6)})


def test_unknown_words_are_found_by_meaning_only(filled: Searcher) -> None:
    assert ids(filled, "zzyzx qwrtp", mode=Mode.BM25) == []
    hits = filled.search("zzyzx qwrtp")
    assert len(hits) == len(LIBRARY)
    assert all(hit.scores.lexical is None for hit in hits)
    assert ids(filled, "of the", mode=Mode.BM25) == []


@MODES
def test_equal_scores_always_stand_in_the_same_order(tmp_path: Path, mode: Mode) -> None:
    twins = [make_passage(number, "Aspirin prevents stroke") for number in range(30)]
    rankings = []
    for name, passages in (("forwards", twins), ("backwards", twins[::-1])):
        with closing(EdgeEngine.open(tmp_path / name, dimension=DIMENSION)) as engine:
            searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
            searcher.index(passages)
            rankings += [ids(searcher, "aspirin", mode=mode) for _ in range(2)]
    assert all(ranking == rankings[0] for ranking in rankings)


@MODES
@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(kinds=frozenset({Kind.TRIAL})), {"doc:3", "doc:5"}),
        (Filters(year_from=2010, year_to=2020), {"doc:3", "doc:5"}),
        (Filters(kinds=frozenset({Kind.TRIAL}), year_from=2011), {"doc:3"}),
        (Filters(year_to=2001), {"doc:1"}),
        (Filters(kinds=frozenset({Kind.GUIDELINE}), year_to=2000), set()),
    ],
)
def test_filters_hold_in_every_mode(filled: Searcher, mode: Mode, filters: Filters, allowed: set[str]) -> None:
    assert set(ids(filled, "aspirin statin il-6", filters=filters, mode=mode)) == allowed


def test_a_passage_indexed_again_is_found_by_its_new_words_only(filled: Searcher) -> None:
    filled.index([make_passage(4, "Mammography finds carcinomas")])
    assert ids(filled, "colonoscopy", mode=Mode.BM25) == []
    assert ids(filled, "mammography", mode=Mode.BM25) == ["doc:4"]


def test_title_and_headings_are_searched_though_never_quoted(searcher: Searcher) -> None:
    titled = make_passage(1, "Offer one tablet daily.")
    titled = type(titled).from_payload({**titled.to_payload(), "title": "Gout", "section": ["Colchicine"]})
    searcher.index([titled])
    assert ids(searcher, "gout", mode=Mode.BM25) == ids(searcher, "colchicine", mode=Mode.BM25) == ["doc:1"]


@MODES
def test_every_engine_ranks_alike(engine: Engine, filled: Searcher, mode: Mode) -> None:
    other = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
    other.index(LIBRARY)
    for query in ("aspirin for stroke", "statin", "HbA1c of adults"):
        assert ids(other, query, mode=mode) == ids(filled, query, mode=mode)


def test_with_the_real_embedder_meaning_counts_where_words_fail(tmp_path: Path) -> None:
    embedder = load_embedder()
    with closing(EdgeEngine.open(tmp_path / "index", dimension=embedder.dimension)) as engine:
        searcher = Searcher(engine, embedder)
        searcher.index([*LIBRARY, make_passage(6, "Acetylsalicylic acid reduces recurrent myocardial infarction")])
        assert ids(searcher, "second heart attack", mode=Mode.BM25) == []
        assert ids(searcher, "second heart attack")[0] == "doc:6"


def test_a_million_gives_what_there_is_and_less_than_one_is_refused(filled: Searcher) -> None:
    everything = filled.search("aspirin", 1_000_000)
    assert len(everything) == filled.engine.count()
    for k in (0, -1):
        with pytest.raises(UnusableInputError, match=f"{k} passages were asked for"):
            filled.search("aspirin", k)


def test_a_query_of_stop_words_is_searched_by_meaning_alone(filled: Searcher) -> None:
    assert [hit.scores.lexical for hit in filled.search("of the and", 3)] == [None] * 3
    assert filled.search("of the and", 3, mode=Mode.BM25) == []
