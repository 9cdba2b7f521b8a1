"""The contract of an engine, kept by every one of them, and what is particular to each."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from passages import DIMENSION, any_filters, any_passage, local_engine, make_passage
from qdrant_client import QdrantClient

from indexes.embedding import Vectors
from indexes.engines import Engine, Search, point_id
from indexes.engines.edge import EdgeEngine
from indexes.engines.qdrant import QdrantEngine
from indexes.engines.storage import Quantisation
from indexes.errors import EngineUnavailableError, IncompatibleIndexError, LibraryInUseError, UnusableInputError
from indexes.filters import Filters
from indexes.lexical import SparseVector, encode_passage, encode_query
from indexes.passage import Facets, Passage, Sex, Status

EMBEDDER = HashedEmbedder(dimension=DIMENSION)
WORDS = ["aspirin", "statin", "HbA1c", "IL-6", "stroke", "adults", "placebo", "0.75"]
ALL = Filters()


def store(engine: Engine, passages: Sequence[Passage]) -> None:
    texts = [passage.embedding_text for passage in passages]
    engine.upsert(passages, EMBEDDER.embed_passages(texts), [encode_passage(text) for text in texts])


def found(engine: Engine, query: str, filters: Filters = ALL) -> set[str]:
    """Identifiers of what the engine finds by meaning, which is everything that the filters let through."""
    points = engine.dense(EMBEDDER.embed_query(query), 1000, filters)
    return {passage.passage_id for passage in engine.passages(list(points)).values()}


def trial_library(size: int = 60) -> list[Passage]:
    random = np.random.default_rng(7)
    return [make_passage(i, " ".join(random.choice(WORDS, size=random.integers(1, 12)))) for i in range(size)]


def best_first(scores: Mapping[str, float]) -> bool:
    values = list(scores.values())
    return values == sorted(values, reverse=True)


def test_scores_are_cosine_and_bm25(engine: Engine) -> None:
    """Every engine gives the same numbers as the formulas, so that a library ranks alike whatever holds it."""
    passages = trial_library()
    store(engine, passages)

    query = EMBEDDER.embed_query("aspirin adults")
    vectors = EMBEDDER.embed_passages([passage.embedding_text for passage in passages])
    cosines = {point_id(p.passage_id): float(v @ query) for p, v in zip(passages, vectors, strict=True)}
    dense = engine.dense(query, len(passages), ALL)
    assert dense == pytest.approx(cosines, abs=1e-5)
    assert best_first(dense)

    terms = encode_query("stroke after IL-6 or 0.75").indices
    stored = [dict(zip(v.indices, v.values, strict=True)) for v in (encode_passage(p.lexical_text) for p in passages)]
    having = Counter(term for weights in stored for term in weights)
    idf = {term: math.log(1 + (len(stored) - having[term] + 0.5) / (having[term] + 0.5)) for term in terms}
    bm25 = {
        point_id(p.passage_id): sum(idf[term] * weights.get(term, 0.0) for term in terms)
        for p, weights in zip(passages, stored, strict=True)
        if weights.keys() & set(terms)
    }
    lexical = engine.lexical(encode_query("stroke after IL-6 or 0.75"), len(passages), ALL)
    assert lexical == pytest.approx(bm25, rel=1e-4)
    assert best_first(lexical)
    assert 0 < len(lexical) < len(passages)


def test_a_limit_keeps_the_best(engine: Engine) -> None:
    store(engine, trial_library())
    for search, query in (
        (engine.dense, EMBEDDER.embed_query("statin")),
        (engine.lexical, encode_query("statin aspirin")),
    ):
        everything = list(search(query, 1000, ALL).values())  # type: ignore[operator]
        assert list(search(query, 5, ALL).values()) == pytest.approx(everything[:5])  # type: ignore[operator]


def test_several_searches_at_once_give_what_each_gives_alone(engine: Engine) -> None:
    store(engine, trial_library())
    vector, words = HashedEmbedder(DIMENSION).embed_query("aspirin"), encode_query("aspirin")
    only = Filters(year_from=2015)
    searches = [Search(vector, 5), Search(words, 7, only), Search(SparseVector([], []), 3), Search(vector, 9, only)]
    alone = [
        engine.dense(vector, 5, ALL),
        engine.lexical(words, 7, only),
        {},
        engine.dense(vector, 9, only),
    ]
    together = engine.several(searches)
    assert [dict(each) for each in together] == [pytest.approx(dict(each)) for each in alone]
    assert [len(each) > 0 for each in together] == [True, True, False, True]
    assert engine.several([]) == []
    with pytest.raises(UnusableInputError):
        engine.several([Search(words, 5), Search(vector[:-1], 5)])


def test_upsert_replaces_what_has_the_same_identifier(engine: Engine) -> None:
    store(engine, [make_passage(1, "aspirin"), make_passage(2, "statin")])
    store(engine, [make_passage(1, "metformin")])
    assert engine.count() == 2
    assert engine.lexical(encode_query("aspirin"), 10, ALL) == {}
    assert list(engine.lexical(encode_query("metformin"), 10, ALL)) == [point_id("doc:1#0")]
    assert engine.passages([point_id("doc:1#0")])[point_id("doc:1#0")].text == "metformin"


def test_of_the_same_identifier_twice_at_once_the_last_stays(engine: Engine) -> None:
    store(engine, [make_passage(1, "aspirin"), make_passage(1, "statin")])
    assert engine.count() == 1
    assert engine.passages([point_id("doc:1#0")])[point_id("doc:1#0")].text == "statin"


def test_vectors_come_back_as_they_were_stored(engine: Engine) -> None:
    """To six digits: a server may normalise what is a unit vector already."""
    passages = trial_library(12)
    store(engine, passages)
    expected = EMBEDDER.embed_passages([passage.embedding_text for passage in passages])
    ids = [point_id(passage.passage_id) for passage in passages]
    vectors = engine.vectors([*reversed(ids), point_id("never there")])
    assert vectors.keys() == set(ids)
    for key, vector in zip(ids, expected, strict=True):
        assert vectors[key].dtype == np.float32
        assert vectors[key].shape == (DIMENSION,)
        np.testing.assert_allclose(vectors[key], vector, atol=1e-6)
    assert engine.vectors([]) == {}
    store(engine, [make_passage(1, "metformin")])
    np.testing.assert_allclose(engine.vectors([ids[1]])[ids[1]], EMBEDDER.embed_query("metformin"), atol=1e-6)


def test_what_is_deleted_is_found_no_more(engine: Engine) -> None:
    store(engine, [make_passage(1, "aspirin"), make_passage(2, "aspirin statin")])
    engine.delete(["doc:1#0", "never there"])
    assert engine.count() == 1
    assert found(engine, "aspirin") == {"doc:2#0"}
    assert list(engine.lexical(encode_query("aspirin"), 10, ALL)) == [point_id("doc:2#0")]
    assert engine.passages([point_id("doc:1#0")]) == {}
    store(engine, [make_passage(1, "aspirin")])
    assert found(engine, "aspirin") == {"doc:1#0", "doc:2#0"}


def test_nothing_to_do_is_no_error(engine: Engine) -> None:
    engine.upsert([], np.zeros((0, DIMENSION), np.float32), [])
    engine.delete([])
    engine.flush()
    assert engine.count() == 0
    assert engine.passages([]) == {}
    assert engine.dense(EMBEDDER.embed_query("aspirin"), 10, ALL) == {}
    assert engine.lexical(encode_query("aspirin"), 10, ALL) == {}
    assert engine.lexical(encode_query("of the"), 10, ALL) == {}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(any_passage(), min_size=1, max_size=8, unique_by=lambda passage: passage.passage_id),
    st.lists(any_filters(), min_size=1, max_size=12),
)
def test_filters_mean_the_same_everywhere_and_payloads_come_back(
    engine: Engine, passages: list[Passage], several: list[Filters]
) -> None:
    store(engine, passages)
    worded = {
        p.passage_id
        for p in passages
        if set(encode_passage(p.lexical_text).indices) & set(encode_query("aspirin, il-6").indices)
    }
    for filters in several:
        expected = {passage.passage_id for passage in passages if filters.accepts(passage)}
        assert found(engine, "anything", filters) == expected
        lexical = engine.lexical(encode_query("aspirin, il-6"), 1000, filters)
        assert {p.passage_id for p in engine.passages(list(lexical)).values()} == expected & worded
    ids = [point_id(passage.passage_id) for passage in passages]
    assert engine.passages(ids) == dict(zip(ids, passages, strict=True))
    engine.delete([passage.passage_id for passage in passages])
    assert engine.count() == 0


def bad(value: float) -> Vectors:
    return np.full((1, DIMENSION), value, np.float32)


@pytest.mark.parametrize(
    ("dense", "sparse"),
    [
        (np.ones((1, DIMENSION + 1), np.float32), encode_passage("aspirin")),
        (np.ones((2, DIMENSION), np.float32), encode_passage("aspirin")),
        (np.ones(DIMENSION, np.float32), encode_passage("aspirin")),
        (bad(math.nan), encode_passage("aspirin")),
        (bad(math.inf), encode_passage("aspirin")),
        (bad(0.0), encode_passage("aspirin")),
        (bad(1.0), SparseVector([1, 2], [1.0])),
        (bad(1.0), SparseVector([1], [math.nan])),
    ],
)
def test_what_is_no_vector_is_refused_and_nothing_of_its_batch_stored(
    engine: Engine, dense: Vectors, sparse: SparseVector
) -> None:
    store(engine, [make_passage(1, "aspirin")])
    with pytest.raises(UnusableInputError, match=r"embedder|doc:2#0"):
        engine.upsert([make_passage(2, "statin")], dense, [sparse])
    fine = np.ones((1, DIMENSION), np.float32)
    with pytest.raises(UnusableInputError):
        engine.upsert(
            [make_passage(3, "x"), make_passage(2, "y")],
            np.concatenate([fine, bad(math.nan)]),
            [encode_passage("x"), encode_passage("y")],
        )
    assert found(engine, "aspirin") == {"doc:1#0"}


@pytest.mark.parametrize("value", [math.nan, -math.inf, 0.0])
def test_a_query_that_is_no_vector_is_refused(engine: Engine, value: float) -> None:
    store(engine, trial_library(3))
    with pytest.raises(UnusableInputError, match="query's vector"):
        engine.dense(np.full(DIMENSION, value, np.float32), 10, ALL)
    with pytest.raises(UnusableInputError, match=f"holds {DIMENSION} numbers"):
        engine.dense(np.ones(DIMENSION - 1, np.float32), 10, ALL)


@pytest.mark.parametrize("limit", [0, -1])
def test_less_than_one_passage_cannot_be_asked_for(engine: Engine, limit: int) -> None:
    store(engine, trial_library(3))
    with pytest.raises(UnusableInputError, match=f"^{limit} passages were asked for"):
        engine.dense(EMBEDDER.embed_query("aspirin"), limit, ALL)
    for query in ("aspirin", "of the"):
        with pytest.raises(UnusableInputError):
            engine.lexical(encode_query(query), limit, ALL)


def test_of_a_million_asked_for_all_that_there_are_come(engine: Engine) -> None:
    store(engine, trial_library(60))
    assert len(engine.dense(EMBEDDER.embed_query("aspirin"), 1_000_000, ALL)) == 60
    many = engine.lexical(encode_query("aspirin statin stroke"), 1_000_000, Filters(year_from=2020))
    assert 5 < len(many) <= 60


def test_point_ids_depend_on_the_passage_alone() -> None:
    assert point_id("pubmed:1#0") == point_id("pubmed:1#0") != point_id("pubmed:1#1")
    # Written down, because libraries on disk depend on it.
    assert point_id("pubmed:1#0") == "f274c91c-f4a4-5744-9d8b-38d728e25fb2"


# the embedded engine


def test_edge_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    passages = trial_library()
    query = encode_query("aspirin stroke")
    with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
        store(engine, passages)
        engine.delete([passages[0].passage_id])
        store(engine, [replace(passages[1], text="colchicine", title="Gout — été")])
        dense = engine.dense(EMBEDDER.embed_query("aspirin"), 100, ALL)
    with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
        assert engine.count() == len(passages) - 1
        assert engine.dense(EMBEDDER.embed_query("aspirin"), 100, ALL) == pytest.approx(dense)
        assert engine.passages([point_id("doc:1#0")])[point_id("doc:1#0")].title == "Gout — été"
        before = engine.lexical(query, 100, ALL)
        engine.optimize()
        assert engine.lexical(query, 100, ALL) == pytest.approx(before)
        assert found(engine, "x", Filters(year_from=2021)) == set()


def test_threads_may_search_edge_while_one_writes(tmp_path: Path) -> None:
    passages = trial_library(120)
    early = {passage.passage_id for passage in passages[:20]}
    with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine, ThreadPoolExecutor(4) as pool:
        store(engine, passages[:20])
        searches = [pool.submit(found, engine, "aspirin") for _ in range(30)]
        for first in range(20, 120, 20):
            store(engine, passages[first : first + 20])
        assert all(early <= search.result() for search in searches)
        assert engine.count() == 120


def test_edge_keeps_what_was_flushed_when_the_process_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from test_engines import DIMENSION, EdgeEngine, store, trial_library
engine = EdgeEngine.open(Path({str(tmp_path / "index")!r}), dimension=DIMENSION)
store(engine, trial_library(10))
engine.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
        assert engine.count() == 10
        assert found(engine, "aspirin") == {f"doc:{number}#0" for number in range(10)}


def test_edge_tells_a_second_process_who_holds_the_folder(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from indexes.engines.edge import EdgeEngine
from indexes.errors import LibraryInUseError
try:
    EdgeEngine.open(Path({str(tmp_path / "index")!r}), dimension={DIMENSION})
except LibraryInUseError as error:
    print(error)
"""
    with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)):
        told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
        assert str(tmp_path / "index") in told
        assert "held by another process" in told
        assert "stop it first" in told
        with pytest.raises(LibraryInUseError):
            EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)


@pytest.mark.parametrize("sort", ["other dimension", "damaged", "a file"])
def test_edge_refuses_what_it_cannot_read_and_says_the_mend(tmp_path: Path, sort: str) -> None:
    folder, dimension = tmp_path / "index", DIMENSION
    if sort == "a file":
        folder.write_text("not a folder")
    else:
        with closing(EdgeEngine.open(folder, dimension=DIMENSION)) as engine:
            store(engine, [make_passage(1, "aspirin")])
    if sort == "damaged":
        (folder / "edge_config.json").write_text("{")
        for state in folder.rglob("segment.json"):
            state.write_text("{")
    if sort == "other dimension":
        dimension += 1
    with pytest.raises(IncompatibleIndexError) as error:
        EdgeEngine.open(folder, dimension=dimension)
    assert str(folder) in str(error.value)
    assert "citewell library reindex" in str(error.value)


@pytest.mark.parametrize("quantisation", Quantisation)
def test_edge_finds_what_is_new_before_while_and_after_it_optimises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quantisation: Quantisation
) -> None:
    """What is quantised is compared again with the vectors, so that scores are theirs."""
    monkeypatch.setattr("indexes.engines.edge._GRAPH_KB", 100)
    random = np.random.default_rng(5)
    vectors = random.standard_normal((3_000, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = encode_passage("aspirin")

    def put(engine: EdgeEngine, first: int, last: int) -> None:
        passages = [make_passage(number, "aspirin") for number in range(first, last)]
        engine.upsert(passages, vectors[first:last], [words] * (last - first))

    def own(engine: EdgeEngine, number: int) -> float:
        """The score with which a passage is found by its own vector."""
        hits = engine.dense(vectors[number], 3, Filters(year_from=2020))
        return hits.get(point_id(f"doc:{number}#0"), 0.0)

    opened = EdgeEngine.open(tmp_path / "index", dimension=DIMENSION, quantisation=quantisation)
    with closing(opened) as engine, ThreadPoolExecutor(1) as pool:
        put(engine, 0, 2_000)
        building = pool.submit(engine.optimize)
        for number in range(2_000, 2_040):
            put(engine, number, number + 1)
            assert own(engine, number) == pytest.approx(1, abs=1e-5)
        assert building.result()
        put(engine, 2_040, 2_050)
        assert all(own(engine, number) == pytest.approx(1, abs=1e-5) for number in [*range(20), *range(2_000, 2_050)])
        assert engine.count() == 2_050


def test_edge_builds_a_graph_of_another_width_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.engines.edge._GRAPH_KB", 100)
    built = []
    for width in (100, 100, 256):
        monkeypatch.setattr("indexes.engines.edge._BUILT", width)
        with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
            if not engine.count():
                store(engine, trial_library(3_000))
            built.append(engine.optimize())
    assert built == [True, False, True]


def test_edge_with_enough_passages_indexes_every_field_and_filters_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexes.engines.edge._FEW", 30)
    passages = [
        replace(passage, facets=Facets(mesh=("Gout",) if number % 3 else (), min_age=float(number), max_age=200.0))
        for number, passage in enumerate(trial_library(60))
    ]
    several = [
        Filters(mesh=frozenset({"GOUT"})),
        Filters(age=20.5),
        Filters(sex=Sex.MALE),
        Filters(languages=frozenset({"en"})),
    ]
    for first, last in ((0, 20), (20, 60)):
        with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
            store(engine, passages[first:last])
            engine.flush()
            for filters in several:
                assert found(engine, "x", filters) == {p.passage_id for p in passages[:last] if filters.accepts(p)}


@pytest.mark.parametrize(
    ("lost", "left"),
    [
        ("vector_storage-dense/vectors/status.dat", None),
        ("vector_storage-lexical/deleted/status.dat", 0),
        ("vector_storage-lexical/store/page_0.dat", None),
        ("payload_storage/page_0.dat", None),
        ("payload_index/config.json", 0),
        ("segment.json", 10),
    ],
)
def test_edge_tells_a_half_written_folder_when_it_is_opened(tmp_path: Path, lost: str, left: int | None) -> None:
    """In a process of its own, as the binding may take everything down with it."""
    folder = tmp_path / "index"
    with closing(EdgeEngine.open(folder, dimension=DIMENSION)) as engine:
        store(engine, trial_library(20))
    for path in folder.glob(f"segments/*/{lost}"):
        kept = b"" if left is None else path.read_bytes()[:left]
        path.unlink()
        if left is not None:
            path.write_bytes(kept)
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from test_engines import *
try:
    with closing(EdgeEngine.open(Path({str(folder)!r}), dimension=DIMENSION)) as engine:
        print(len(found(engine, "aspirin")), "found")
except IncompatibleIndexError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert "citewell library reindex" in told


# the server engine


def test_a_collection_is_kept_and_found_again(tmp_path: Path) -> None:
    with closing(local_engine(QdrantClient(path=str(tmp_path)))) as engine:
        store(engine, trial_library(10))
    with closing(local_engine(QdrantClient(path=str(tmp_path)))) as engine:
        assert engine.count() == 10


def test_more_points_than_a_request_may_hold_go_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.engines.qdrant._POINTS", 7)
    with closing(local_engine()) as engine:
        store(engine, trial_library(20))
        assert engine.count() == 20


def test_a_collection_of_another_dimension_is_refused_with_the_mend() -> None:
    client = QdrantClient(":memory:")
    with closing(local_engine(client)), pytest.raises(IncompatibleIndexError) as error:
        QdrantEngine(client, "test", dimension=DIMENSION + 1)
    assert f"'test' holds vectors of size {DIMENSION}" in str(error.value)
    assert "CITEWELL_QDRANT_COLLECTION" in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[bad", "nonsense:1:2"])
def test_a_server_that_cannot_be_reached_is_said_with_the_setting_to_mend(url: str) -> None:
    with pytest.raises(EngineUnavailableError, match="CITEWELL_QDRANT_URL"):
        QdrantEngine.connect(url, "test", dimension=DIMENSION)


def test_relabelled_passages_say_something_else_and_keep_their_vectors(engine: Engine) -> None:
    passages = trial_library(10)
    store(engine, passages)
    vector, words = EMBEDDER.embed_query("aspirin"), encode_query("aspirin")
    meaning, lexical = engine.dense(vector, 100, ALL), engine.lexical(words, 100, ALL)
    changed = [replace(passage, status=Status.RETRACTED, year=1999) for passage in passages[:4]]
    engine.relabel([*changed, make_passage(99, "never there")])
    engine.relabel([])
    assert engine.count() == len(passages)
    points = [point_id(passage.passage_id) for passage in passages]
    assert list(engine.passages(points).values()).count(changed[0]) == 1
    assert {p.passage_id: p for p in engine.passages(points).values()} == {
        p.passage_id: p for p in [*changed, *passages[4:]]
    }
    assert engine.dense(vector, 100, ALL) == pytest.approx(meaning)
    assert engine.lexical(words, 100, ALL) == pytest.approx(lexical)
    assert found(engine, "aspirin", Filters(year_from=1999, year_to=1999)) >= {p.passage_id for p in changed}
