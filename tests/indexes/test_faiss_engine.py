"""What is particular to the FAISS engine: approximate indexes, files, and what a crash leaves of them. Its contract is in `test_engines`."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from passages import DIMENSION, any_filters, any_passage, make_passage

from indexes.engines import nearest, point_id
from indexes.engines.faiss import FaissEngine
from indexes.engines.gpu import gpus, has_cagra
from indexes.errors import IncompatibleIndexError, IndexWriteError, LibraryInUseError, ModelMissingError
from indexes.filters import Filters
from indexes.lexical import SparseVector, encode_passage, encode_query
from indexes.passage import Kind, Passage

EMBEDDER = HashedEmbedder(dimension=DIMENSION)
ALL = Filters()


def store(engine: FaissEngine, passages: Sequence[Passage]) -> None:
    texts = [passage.embedding_text for passage in passages]
    vectors = EMBEDDER.embed_passages(texts) if texts else np.zeros((0, DIMENSION), np.float32)
    engine.upsert(passages, vectors, [encode_passage(text) for text in texts])


def open_at(path: Path, index_type: str = "auto") -> FaissEngine:
    return FaissEngine.open(path, dimension=DIMENSION, index_type=index_type)


@pytest.fixture
def approximate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few passages are treated as many are."""
    monkeypatch.setattr("indexes.engines.view.EXACT", 0)
    monkeypatch.setattr("indexes.engines.view._MANY", 1.0)
    monkeypatch.setattr("indexes.engines.faiss.EXACT", 0)
    monkeypatch.setattr("indexes.engines.faiss._LEAST", 4)
    monkeypatch.setattr("indexes.engines.faiss._UNINDEXED", 2)
    monkeypatch.setattr("indexes.engines.faiss._UNSEALED", 3)
    monkeypatch.setattr("indexes.postings._AT_ONCE", 5)


# ------------------------------------------------------------------------------------------------- whatever the order is


class Against(RuleBasedStateMachine):
    """An engine beside a dictionary of what it should hold, ranked by the formulas."""

    folder: Path

    @initialize(index_type=st.sampled_from(["flat", "hnsw"]))
    def begin(self, index_type: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.index_type = index_type
        self.held: dict[str, tuple[Passage, str]] = {}  # with the words it was embedded by
        self.engine = open_at(self.folder, index_type)

    @rule(passages=st.lists(any_passage(), max_size=6))
    def upsert(self, passages: list[Passage]) -> None:
        store(self.engine, passages)
        self.held |= {passage.passage_id: (passage, passage.embedding_text) for passage in passages}

    @rule(passages=st.lists(any_passage(), max_size=4))
    def relabel(self, passages: list[Passage]) -> None:
        self.engine.relabel(passages)
        for passage in passages:
            if passage.passage_id in self.held:
                self.held[passage.passage_id] = (passage, self.held[passage.passage_id][1])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(sorted(self.held)), max_size=4))
        self.engine.delete([*gone, "never there"])
        for passage_id in gone:
            self.held.pop(passage_id, None)

    @rule()
    def optimize(self) -> None:
        self.engine.optimize()
        assert not self.engine.optimize()  # once is enough

    @rule()
    def reopen(self) -> None:
        self.engine.close()
        self.engine = open_at(self.folder, self.index_type)

    @rule(filters=any_filters(), limit=st.integers(1, 30), words=st.sampled_from(["aspirin", "il-6 of adults", "the"]))
    def search(self, filters: Filters, limit: int, words: str) -> None:
        passing = {key: text for key, (passage, text) in self.held.items() if filters.accepts(passage)}
        query = EMBEDDER.embed_query(words)
        cosines = {point_id(key): float(EMBEDDER.embed_query(text) @ query) for key, text in passing.items()}
        _same(self.engine.dense(query, limit, filters), cosines, limit)

        terms = encode_query(words)
        weights = {key: _weights(encode_passage(text)) for key, (_, text) in self.held.items()}
        idf = {}
        for term in terms.indices:
            having = sum(term in each for each in weights.values())
            idf[term] = math.log(1 + (len(weights) - having + 0.5) / (having + 0.5))
        bm25 = {
            point_id(key): sum(idf[term] * weights[key].get(term, 0.0) for term in idf)
            for key in passing
            if weights[key].keys() & idf.keys()
        }
        _same(self.engine.lexical(terms, limit, filters), bm25, limit)

    @invariant()
    def holds_what_it_should(self) -> None:
        if hasattr(self, "engine"):
            assert self.engine.count() == len(self.held)
            points = [point_id(key) for key in self.held]
            assert self.engine.passages(points) == {point_id(key): passage for key, (passage, _) in self.held.items()}
            assert self.engine.vectors(points).keys() == set(points)

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()


def _weights(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector.indices, vector.values, strict=True))


def _same(found: object, expected: dict[str, float], limit: int) -> None:
    """The best `limit` of what is expected, best first; which of several equal ones does not matter."""
    assert isinstance(found, dict)
    assert list(found.values()) == pytest.approx(sorted(expected.values(), reverse=True)[:limit], abs=1e-4)
    assert found == pytest.approx({key: expected[key] for key in found}, abs=1e-4)


@pytest.mark.usefixtures("approximate")
def test_whatever_is_done_in_whatever_order_it_finds_what_it_holds(tmp_path: Path) -> None:
    machine = type("Here", (Against,), {"folder": tmp_path / "index"})
    run_state_machine_as_test(machine, settings=settings(max_examples=20, stateful_step_count=20, deadline=None))


# -------------------------------------------------------------------------------------------------- approximate indexes


def clustered(size: int, seed: int = 0) -> np.ndarray:
    """Unit vectors about a few hundred centres, as texts are about topics."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).standard_normal((200, DIMENSION))
    vectors = centres[random.integers(0, 200, size)] + 0.4 * random.standard_normal((size, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def fill(engine: FaissEngine, first: int, vectors: np.ndarray) -> None:
    """Passages of these vectors, every third a guideline."""
    numbers = range(first, first + len(vectors))
    passages = [make_passage(n, "word", Kind.GUIDELINE if n % 3 == 0 else Kind.LITERATURE) for n in numbers]
    engine.upsert(passages, vectors, [SparseVector([7], [1.0])] * len(passages))


def recall(engine: FaissEngine, vectors: np.ndarray, among: np.ndarray, filters: Filters = ALL) -> float:
    """The share of the ten nearest of `among`, row numbers, that the engine finds for 50 queries."""
    found = 0
    for query in clustered(50, seed=2):
        best = among[np.argsort(-(vectors[among] @ query))[:10]]
        found += len({point_id(f"doc:{n}#0") for n in best} & engine.dense(query, 10, filters).keys())
    return found / 500


@pytest.mark.usefixtures("approximate")
@pytest.mark.parametrize("index_type", ["hnsw", "ivfpq", "binary"])
def test_an_approximate_index_finds_the_nearest_with_filters_and_after_changes(tmp_path: Path, index_type: str) -> None:
    vectors = clustered(4000)
    numbers = np.arange(4000)
    with closing(open_at(tmp_path / "index", index_type)) as engine:
        fill(engine, 0, vectors[:3000])
        assert engine.optimize()
        assert engine._view.nearest is not None
        assert recall(engine, vectors, numbers[:3000]) > 0.98
        fill(engine, 3000, vectors[3000:])  # found before they are taken in
        assert recall(engine, vectors, numbers) > 0.98
        engine.delete([f"doc:{n}#0" for n in range(0, 4000, 7)])
        there = numbers[numbers % 7 > 0]
        assert recall(engine, vectors, there) > 0.98
        guidelines = Filters(kinds=frozenset({Kind.GUIDELINE}))
        assert recall(engine, vectors, there[there % 3 == 0], guidelines) > 0.98
        assert engine.optimize()
        assert engine._view.covered == 4000
        assert recall(engine, vectors, there, ALL) > 0.98
    with closing(open_at(tmp_path / "index", index_type)) as engine:
        assert engine._view.covered == 4000  # it was kept
        assert recall(engine, vectors, there[there % 3 == 0], guidelines) > 0.98
        assert len(engine.dense(vectors[1], 100, guidelines)) == 100


@pytest.mark.usefixtures("approximate")
def test_an_index_most_of_whose_passages_are_gone_is_built_anew(tmp_path: Path) -> None:
    vectors = clustered(1000)
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        fill(engine, 0, vectors)
        engine.optimize()
        engine.delete([f"doc:{n}#0" for n in range(500)])
        assert engine.optimize()
        assert engine._view.nearest is not None
        assert len(engine._view.nearest.rows) == 500
        assert recall(engine, vectors, np.arange(500, 1000)) > 0.98


def test_by_itself_it_builds_an_index_only_when_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexes.engines.faiss.EXACT", 1000)
    monkeypatch.setattr("indexes.engines.faiss.GRAPH", 2000)
    monkeypatch.setattr("indexes.engines.faiss._UNINDEXED", 100)
    types = []
    with closing(open_at(tmp_path / "index")) as engine:
        for first in range(0, 3000, 750):
            fill(engine, first, clustered(750, seed=first))
            engine.optimize()
            types.append(engine._view.nearest.index_type if engine._view.nearest else "flat")
    assert types == ["flat", "hnsw", "binary", "binary"]


def test_threads_may_search_while_one_writes_and_one_optimises(tmp_path: Path, approximate: None) -> None:
    vectors = clustered(1200)
    query = clustered(1, seed=5)[0]
    with closing(open_at(tmp_path / "index", "hnsw")) as engine, ThreadPoolExecutor(4) as pool:
        fill(engine, 0, vectors[:200])
        guidelines = Filters(kinds=frozenset({Kind.GUIDELINE}))
        work = []
        for first in range(200, 1200, 100):
            work.append(pool.submit(fill, engine, first, vectors[first : first + 100]))
            work.append(pool.submit(engine.optimize))
            work += [pool.submit(engine.dense, query, 200, guidelines) for _ in range(3)]
            work += [pool.submit(engine.lexical, SparseVector([7], [1.0]), 300, guidelines) for _ in range(3)]
        results = [each.result() for each in work]
        assert all(set(engine.passages(list(r))) == set(r) for r in results if isinstance(r, dict))
        engine.optimize()
        assert engine.count() == 1200
        assert recall(engine, vectors, np.arange(1200)) > 0.98
        assert len(engine.lexical(SparseVector([7], [1.0]), 5000, guidelines)) == 400


@pytest.mark.skipif(not gpus(nearest.faiss_module()), reason="no GPU that this FAISS can use")
@pytest.mark.usefixtures("approximate")
@pytest.mark.parametrize("index_type", ["hnsw", "ivfpq", "binary"])
def test_what_a_gpu_built_the_processor_searches(tmp_path: Path, index_type: str) -> None:
    if index_type == "hnsw" and not has_cagra(nearest.faiss_module()):
        pytest.skip("this FAISS was built without cuVS: its graphs are built on the processor")
    vectors = clustered(20_000)
    with closing(open_at(tmp_path / "index", index_type)) as engine:
        fill(engine, 0, vectors[:15_000])
        engine.optimize()
        fill(engine, 15_000, vectors[15_000:])
        engine.optimize()
        assert recall(engine, vectors, np.arange(20_000)) > 0.95


# ------------------------------------------------------------------------------------------------------- files and crashes


def in_a_process(code: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run code with `engine` open in the folder that the tests use."""
    script = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
import test_faiss_engine as tests
from indexes.engines.store import PassageStore
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
engine = tests.open_at(Path({str(tmp_path / "index")!r}), "hnsw")
{code}
"""
    return subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)


def test_what_was_written_before_a_kill_is_there_and_nothing_half(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
import test_faiss_engine as tests
engine = tests.open_at(Path({str(tmp_path / "index")!r}))
for number in range(0, 100_000, 10):
    tests.store(engine, [tests.make_passage(n, f"aspirin {{n}}") for n in range(number, number + 10)])
    if number % 40 == 0:
        engine.optimize()
    print(number + 10, flush=True)
"""
    for lines in (3, 8):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(lines)][-1]
            process.kill()
        with closing(open_at(tmp_path / "index")) as engine:
            assert engine.count() % 10 == 0
            assert engine.count() >= told
            numbers = range(engine.count())
            points = {point_id(f"doc:{n}#0") for n in numbers}
            assert engine.dense(EMBEDDER.embed_query("aspirin"), 100_000, ALL).keys() == points
            assert engine.lexical(encode_query("aspirin"), 100_000, ALL).keys() == points
            assert engine.passages(list(points)).keys() == points
        shutil.rmtree(tmp_path / "index")


@pytest.mark.parametrize(
    "moment",
    [
        "PassageStore.add = die; tests.store(engine, new)",  # vectors written, nothing committed
        "PassageStore.set_segments = die; engine.optimize()",  # postings written, nothing committed
        "PassageStore.set = lambda self, key, value: die() if key == 'nearest' else put(self, key, value); engine.optimize()",
    ],
)
def test_a_kill_between_a_file_and_its_commit_leaves_what_was(tmp_path: Path, moment: str) -> None:
    code = f"""
import indexes.engines.faiss as module
module._LEAST = module.EXACT = 0
put = PassageStore.set
new = [tests.make_passage(n, "statin") for n in range(20, 30)]
tests.store(engine, [tests.make_passage(n, "aspirin") for n in range(20)])
{moment}
"""
    assert in_a_process(code, tmp_path).returncode == -signal.SIGKILL
    with closing(open_at(tmp_path / "index")) as engine:
        assert engine.count() == 20
        assert len(engine.lexical(encode_query("aspirin statin"), 100, ALL)) == 20
        store(engine, [make_passage(n, "statin") for n in range(20, 30)])
        engine.optimize()
        assert len(engine.dense(EMBEDDER.embed_query("x"), 100, ALL)) == 30
        assert len(engine.lexical(encode_query("aspirin statin"), 100, ALL)) == 30
        named = {path.name for path in (tmp_path / "index").iterdir() if path.is_dir()}
        assert len(named) == 1  # what the kill left is cleared away


@pytest.mark.usefixtures("approximate")
@pytest.mark.parametrize("rows", [[10**12] * 1000, [-1, *range(999)], [*range(1, 1001)], [0] * 1000, [1, 2], []])
def test_an_index_whose_checksum_fits_and_whose_rows_do_not_reads_no_foreign_memory(
    tmp_path: Path, rows: list[int]
) -> None:
    vectors = clustered(1000)
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        fill(engine, 0, vectors)
        engine.optimize()
        note = json.loads(engine._store.get("nearest") or "null")
        folder = tmp_path / "index" / note["folder"]
        np.array(rows, np.int64).tofile(folder / "rows")
        engine._store.set("nearest", json.dumps(note | {"checksum": nearest._checksum(folder)}))
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        assert engine._view.nearest is None
        assert recall(engine, vectors, np.arange(1000)) == 1.0


def test_postings_of_passages_that_are_not_there_are_told_with_the_mend(tmp_path: Path) -> None:
    passages = [make_passage(n, f"Aspirin prevented {n} strokes.") for n in range(4)]
    with closing(open_at(tmp_path / "index")) as engine:
        store(engine, passages)
        engine.optimize()
    (rows,) = (tmp_path / "index").glob("postings-*/rows")
    np.full(rows.stat().st_size // 4, 4_000_000_000, np.uint32).tofile(rows)
    with (
        closing(open_at(tmp_path / "index")) as engine,
        pytest.raises(IncompatibleIndexError, match="citewell library reindex"),
    ):
        engine.lexical(encode_query(passages[0].text), 3, ALL)


@pytest.mark.usefixtures("approximate")
@pytest.mark.parametrize("damage", ["cut off", "other bytes", "gone", "other rows"])
def test_a_damaged_approximate_index_costs_speed_until_it_is_built_again(tmp_path: Path, damage: str) -> None:
    vectors = clustered(1000)
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        fill(engine, 0, vectors)
        engine.optimize()
    (index,) = (tmp_path / "index").glob("nearest-*/index")
    whole = index.read_bytes()
    match damage:
        case "cut off":
            index.write_bytes(whole[: len(whole) // 2])
        case "other bytes":
            index.write_bytes(whole[:5000] + bytes(64) + whole[5064:])
        case "gone":
            index.unlink()
        case "other rows":
            index.with_name("rows").write_bytes(bytes(8000))
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        assert engine._view.nearest is None
        assert recall(engine, vectors, np.arange(1000)) == 1.0
        assert engine.optimize()
        assert engine._view.nearest is not None
        assert recall(engine, vectors, np.arange(1000)) > 0.98


@pytest.mark.parametrize(
    "damage", ["dimension", "a file", "no database", "vectors", "points", "postings cut off", "postings gone"]
)
def test_what_cannot_be_read_is_refused_with_the_mend(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "index"
    if damage == "a file":
        folder.write_text("not a folder")
    else:
        with closing(open_at(folder)) as engine:
            store(engine, [make_passage(n, "aspirin") for n in range(10)])
            engine.optimize()
    dimension = DIMENSION
    match damage:
        case "dimension":
            dimension += 1
        case "no database":
            (folder / "store.sqlite").write_bytes(b"nonsense" * 1000)
        case "vectors" | "points":
            os.truncate(folder / damage, 100)
        case "postings cut off":
            (weights,) = folder.glob("postings-*/weights")
            os.truncate(weights, weights.stat().st_size - 4)
        case "postings gone":
            (postings,) = folder.glob("postings-*")
            shutil.rmtree(postings)
    with pytest.raises(IncompatibleIndexError) as error:
        FaissEngine.open(folder, dimension=dimension)
    assert str(folder) in str(error.value)
    assert "citewell library reindex" in str(error.value)


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with closing(open_at(tmp_path / "index")):
        told = in_a_process("", tmp_path).stderr
        assert f"LibraryInUseError: The index in {tmp_path / 'index'} is held by another process" in told.replace(
            "indexes.errors.", ""
        )
        with pytest.raises(LibraryInUseError):
            open_at(tmp_path / "index")
    open_at(tmp_path / "index").close()


def test_a_full_disk_is_said_and_costs_nothing_that_was_written(tmp_path: Path) -> None:
    code = """
import resource
from indexes.errors import IndexWriteError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tests.store(engine, [tests.make_passage(n, "aspirin") for n in range(10)])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for first in range(10, 10_000, 100):
        tests.store(engine, [tests.make_passage(n, "aspirin " * 20) for n in range(first, first + 100)])
except IndexWriteError as error:
    print(error)
print(engine.count() % 100, len(engine.dense(tests.EMBEDDER.embed_query("aspirin"), 10_000, tests.ALL)) == engine.count())
"""
    told = in_a_process(code, tmp_path).stdout
    assert "cannot be written" in told
    assert "Free space on its disk" in told
    assert told.endswith("10 True\n")
    with closing(open_at(tmp_path / "index")) as engine:
        assert engine.count() % 100 == 10
        assert len(engine.lexical(encode_query("aspirin"), 10_000, ALL)) == engine.count()


@pytest.mark.usefixtures("approximate")
def test_an_index_that_finds_no_room_leaves_what_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("Error: 'ret == size' failed: write error: No space left on device")

    vectors = clustered(500)
    with closing(open_at(tmp_path / "index", "hnsw")) as engine:
        fill(engine, 0, vectors)
        with monkeypatch.context() as disk:
            disk.setattr(nearest.faiss_module(), "write_index", full)
            with pytest.raises(IndexWriteError, match="Free space on its disk"):
                engine.optimize()
        assert recall(engine, vectors, np.arange(500)) == 1.0
        assert engine.optimize()
        assert engine._view.covered == 500


def test_without_faiss_the_mend_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ModelMissingError, match=r"pip install 'citewell\[faiss\]'"):
        open_at(tmp_path / "index")


def test_vectors_of_any_length_are_kept_as_unit_vectors(tmp_path: Path) -> None:
    with closing(open_at(tmp_path / "index")) as engine:
        passage = make_passage(1, "aspirin")
        vector = EMBEDDER.embed_query("aspirin")
        engine.upsert([passage], 3 * vector[None], [encode_passage("aspirin")])
        assert list(engine.dense(5 * vector, 1, ALL).values()) == pytest.approx([1.0], abs=1e-6)
        np.testing.assert_allclose(engine.vectors([point_id("doc:1#0")])[point_id("doc:1#0")], vector, atol=1e-6)


def test_relabelling_changes_what_a_remembered_filter_finds(tmp_path: Path) -> None:
    guidelines = Filters(kinds=frozenset({Kind.GUIDELINE}))
    query = EMBEDDER.embed_query("aspirin")
    with closing(open_at(tmp_path / "index")) as engine:
        passages = [make_passage(n, "aspirin") for n in range(4)]
        store(engine, passages)
        assert engine.dense(query, 10, guidelines) == {}
        engine.relabel([replace(passages[2], kind=Kind.GUIDELINE)])
        assert list(engine.dense(query, 10, guidelines)) == [point_id("doc:2#0")]
        store(engine, [make_passage(9, "aspirin", Kind.GUIDELINE)])
        assert engine.dense(query, 10, guidelines).keys() == {point_id("doc:2#0"), point_id("doc:9#0")}
