"""An index is built anew beside the one that answers: nothing is lost, nothing is half done, and what is the same is used again."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
import qdrant_edge as edge
from hashed_embedder import HashedEmbedder
from local_collections import local_collections
from native import article, deletion, pubmed_xml

from indexes import lexical
from indexes.embedding import Vectors
from indexes.engines import Engine, point_id
from indexes.errors import IncompatibleIndexError, LibraryInUseError, UnusableInputError
from indexes.filters import Filters
from indexes.passage import PAYLOAD_VERSION
from indexes.ranking import Ranking
from indexes.searcher import Mode
from ingestion import reindexing
from ingestion.errors import IngestionError
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files, remove_document
from ingestion.places import read_manifest
from ingestion.reindexing import reindex
from ingestion.upkeep import Wanted, optimise, reindex_held

OTHER = HashedEmbedder("other", 48)


def quiet(*_: object) -> None:
    """Where progress goes that nobody watches."""


@contextmanager
def opened(home: Path, embedder: HashedEmbedder | None = None, kind: str = "edge") -> Iterator[Library]:
    embedder = embedder or HashedEmbedder()
    if kind == "edge":
        with Library.open(home, purpose="a test", embedder=embedder) as library:
            yield library
        return
    with (
        local_collections(home) as place,
        Library.of(Home(home, Ledger(home / "ledger.sqlite"), place), embedder) as library,
    ):
        yield library


def articles(path: Path, *numbers: int, words: str = "Aspirin prevented {} strokes in adults.") -> Path:
    path.write_text(pubmed_xml(*(article(n, words.format(n)) for n in numbers)))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of 60 passages by the embedder `hashed`."""
    with opened(tmp_path / "home") as library:
        ingest_files(library, [articles(tmp_path / "a.xml", *range(1, 61))])
    return tmp_path / "home"


def is_whole(library: Library) -> None:
    """Index and ledger hold the same passages, each under its own vector, and found by its words."""
    engine, embedder = library.searcher.engine, library.searcher.embedder
    passages = {point_id(passage.passage_id): passage for passage in library.ledger.passages()}
    assert engine.count() == len(passages)
    assert engine.passages(list(passages)) == passages
    for point, vector in engine.vectors(list(passages)).items():
        np.testing.assert_allclose(vector, embedder.embed_query(passages[point].embedding_text), atol=1e-5)
    words = lexical.encode_query("strokes")
    assert len(engine.lexical(words, 1000, Filters())) == len(passages)
    assert library.versions.building() is None
    assert library.version.embedder == embedder.name


@pytest.mark.parametrize("kind", ["edge", "server"])
def test_another_embedder_takes_over_while_the_library_answers(tmp_path: Path, kind: str) -> None:
    home, told, hits = tmp_path / "home", [], []
    with opened(home, kind=kind) as library:
        ingest_files(library, [articles(tmp_path / "a.xml", *range(1, 61))])

        def tell(step: str, done: int, total: int) -> None:
            told.append((step, done, total))
            hits.append(library.searcher.search("strokes 7")[0].passage.passage_id)

        version = reindex(library, OTHER, library.searcher.engine, tell)
        assert (version.number, version.embedder, version.dimension, version.passages) == (2, "other", 48, 60)
        assert library.version == version
        is_whole(library)
    assert {step for step, *_ in told} >= {"Embedding", "Optimising"}
    assert all(done <= total for _, done, total in told)
    assert set(hits) == {"pubmed:7#0"}
    with opened(home, OTHER, kind) as library:
        is_whole(library)
        assert [each.number for each in library.versions.all()] == [2]
    with (
        pytest.raises(IncompatibleIndexError, match=r"built with the embedder other.*CITEWELL_EMBEDDER=other"),
        opened(home, kind=kind),
    ):
        pass
    if kind == "edge":
        assert [path.name for path in home.glob("index*")] == ["index-2"]
        assert read_manifest(home / "index-2") == version


def test_vectors_of_the_same_embedder_are_used_again(home: Path) -> None:
    embedder = HashedEmbedder()
    with opened(home, embedder) as library:
        version = reindex(library, embedder, library.searcher.engine, quiet)
        checked = len(embedder.embedded)  # a sample, by which the version is checked
        assert checked <= reindexing.SAMPLE
        is_whole(library)
    assert version.number == 2


def test_a_new_lexical_encoder_costs_no_embedding(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "VERSION", "bm25-next")
    with pytest.raises(IncompatibleIndexError, match="citewell library reindex"), opened(home):
        pass
    embedder = HashedEmbedder()
    with Home.hold(home, purpose="a test") as held:
        version = reindex_held(held, Wanted(), lambda _: embedder, quiet)
    assert version.signature == "hashed+bm25-next"
    assert len(embedder.embedded) <= reindexing.SAMPLE
    with opened(home) as library:
        is_whole(library)


def test_ranking_weights_go_along_and_those_that_make_no_sense_are_left(home: Path) -> None:
    def with_weights(**ranking: float) -> None:
        with Home.hold(home, purpose="a test") as held:
            version = held.versions.current()
            assert version
            held.versions.put(version.model_copy(update={"ranking": ranking}))

    with_weights(prior_weight=0.2)
    with opened(home) as library:
        reindex(library, HashedEmbedder(), library.searcher.engine, quiet)
        assert library.searcher.ranking.prior_weight == 0.2
    with_weights(prior_weight=7)
    with pytest.raises(IncompatibleIndexError, match="citewell library reindex"), opened(home):
        pass
    with Home.hold(home, purpose="a test") as held:
        reindex_held(held, Wanted(), lambda _: HashedEmbedder(), quiet)
    with opened(home) as library:
        is_whole(library)
        assert library.searcher.ranking == Ranking()


def test_what_comes_and_goes_meanwhile_is_in_the_new_version(home: Path, tmp_path: Path) -> None:
    later = articles(tmp_path / "b.xml", *range(100, 140))
    changed = articles(tmp_path / "c.xml", 2, 3, words="Statins prevented {} strokes.")
    gone = tmp_path / "d.xml"
    gone.write_text(pubmed_xml(deletion(5, 6)))
    with opened(home) as library:

        def tell(step: str, done: int, total: int) -> None:
            if step == "Optimising" and done == 0 and not library.ledger.known("pubmed:100"):
                ingest_files(library, [later, changed, gone])
                remove_document(library, "pubmed:9")
                assert library.searcher.search("strokes 139")[0].passage.passage_id == "pubmed:139#0"

        reindex(library, OTHER, library.searcher.engine, tell)
        is_whole(library)
        assert library.ledger.passage_count() == 97
        assert library.searcher.search("statins strokes 2")[0].passage.text.startswith("Statins")


def test_mesh_headings_that_come_meanwhile_are_found_in_the_new_version(home: Path, tmp_path: Path) -> None:
    headed = tmp_path / "headed.xml"
    headed.write_text(pubmed_xml(article(7, "Aspirin prevented 7 strokes in adults.", "Cerebral Infarction")))
    with opened(home) as library:

        def tell(step: str, done: int, total: int) -> None:
            if step == "Optimising" and done == 0:
                ingest_files(library, [headed])

        reindex(library, OTHER, library.searcher.engine, tell)
        is_whole(library)
        (found,) = library.searcher.search("cerebral infarction", mode=Mode.BM25)
        assert found.passage.document_id == "pubmed:7"


def test_a_run_that_is_writing_is_waited_for_and_one_that_begins_waits(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "WAIT_S", 0.01)
    waited, written = threading.Event(), threading.Event()
    with opened(home) as library:

        def write() -> None:
            with library.writing():
                assert waited.wait(60)
            written.set()

        thread = threading.Thread(target=write)
        thread.start()

        def tell(step: str, *_: int) -> None:
            if step.startswith("Waiting"):
                waited.set()
                assert written.wait(60)

        reindex(library, OTHER, library.searcher.engine, tell)
        thread.join()
        with library.going_over():
            beginning = threading.Thread(target=lambda: ingest_files(library, [articles(tmp_path / "b.xml", 70)]))
            beginning.start()
            beginning.join(0.2)
            assert beginning.is_alive()
        beginning.join(60)
        is_whole(library)
        assert library.ledger.known("pubmed:70")


def test_two_at_once_are_refused(home: Path) -> None:
    with (
        opened(home) as library,
        library.versioning(),
        pytest.raises(LibraryInUseError, match="Another run is building"),
    ):
        reindex(library, OTHER, library.searcher.engine, quiet)


def test_one_that_was_stopped_goes_on_where_it_was(home: Path) -> None:
    class Dying(HashedEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_passages(texts)

    embedder = HashedEmbedder("other", 48)
    with opened(home) as library, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reindexing, "BATCH", 20)
        with pytest.raises(KeyboardInterrupt):
            reindex(library, Dying("other", 48), library.searcher.engine, quiet)
        assert library.version.number == 1
        building = library.versions.building()
        assert building
        assert building.number == 2
        assert reindex(library, embedder, library.searcher.engine, quiet).number == 2
        assert len(embedder.embedded) <= 40 + reindexing.SAMPLE
        is_whole(library)


def test_one_that_was_stopped_gives_way_to_another_kind(home: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with opened(home) as library:
        with pytest.raises(KeyboardInterrupt):
            reindex(library, OTHER, library.searcher.engine, stop)
        assert reindex(library, HashedEmbedder("third"), None, quiet).number == 3
        assert [version.number for version in library.versions.all()] == [3]
    assert sorted(path.name for path in home.glob("index*")) == ["index-3"]


def test_the_old_version_can_be_kept_and_gone_back_to_without_embedding_much(home: Path, tmp_path: Path) -> None:
    with opened(home) as library:
        assert reindex(library, OTHER, None, quiet, keep_old=True).number == 2
        ingest_files(library, [articles(tmp_path / "b.xml", 70, 71)])
        remove_document(library, "pubmed:1")
        assert [version.number for version in library.versions.all()] == [1, 2]
        back = HashedEmbedder()
        assert reindex(library, back, None, quiet).number == 1
        assert len(back.embedded) <= 2 + reindexing.SAMPLE
        is_whole(library)
    with opened(home) as library:
        is_whole(library)


def test_whoever_searches_the_old_version_finishes_and_then_it_is_gone(home: Path) -> None:
    with opened(home) as library:
        before = library.searcher
        reindex(library, OTHER, before.engine, quiet)
        assert before.search("strokes 7")[0].passage.passage_id == "pubmed:7#0"
        assert (home / "index").is_dir()
        del before
        assert not (home / "index").exists()


def test_a_version_that_does_not_pass_is_not_taken_into_use(home: Path) -> None:
    class Forgetful(HashedEmbedder):
        """Embeds everything alike when it builds, and otherwise later."""

        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            self.embedded.extend(texts)
            if len(self.embedded) <= 60:
                return np.stack([self.embed_query("always the same")] * len(texts))
            return super().embed_passages(texts)

    with opened(home) as library:
        with pytest.raises(IngestionError, match=r"finds only 0 of .*the library is as it was.*versions --drop"):
            reindex(library, Forgetful("other"), None, quiet)
        assert library.version.number == 1
        assert library.drop_others() == [2]
        is_whole(library)


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_vectors_that_are_none_are_not_taken_into_use(home: Path, value: float) -> None:
    class Broken(HashedEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            return np.full((len(texts), self.dimension), value, np.float32)

    with opened(home) as library:
        with pytest.raises(UnusableInputError, match="not finite or is zero"):
            reindex(library, Broken("other"), None, quiet)
        is_whole_but_for_what_is_built(library)


def test_a_damaged_index_is_told_and_built_again_from_the_ledger(home: Path) -> None:
    for path in (home / "index" / "segments").rglob("*.json"):
        path.write_text("{")
    with pytest.raises(IncompatibleIndexError) as error, opened(home):
        pass
    told = str(error.value)
    assert (told.count("citewell library reindex"), told.count("again"), told.count("Move")) == (1, 1, 0)  # one mend
    with Home.hold(home, purpose="a test") as held:
        assert reindex_held(held, Wanted(), lambda _: HashedEmbedder(), quiet).number == 2
    with opened(home) as library:
        is_whole(library)


@pytest.mark.parametrize(
    "name", ["status.dat", "segment.json", "edge_config.json", "page_0.dat", "version.info", "index.json"]
)
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_whatever_of_an_index_is_damaged_the_library_is_whole_again_after_a_reindex(
    home: Path, name: str, how: str
) -> None:
    for path in (home / "index").rglob(name):
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with Home.hold(home, purpose="a test") as held:
        reindex_held(held, Wanted(), lambda _: HashedEmbedder(), quiet)
    with opened(home) as library:
        is_whole(library)


def test_an_index_of_another_library_is_not_searched(home: Path, tmp_path: Path) -> None:
    with opened(tmp_path / "second", OTHER) as library:
        ingest_files(library, [articles(tmp_path / "b.xml", 1)])
    shutil.rmtree(home / "index")
    shutil.copytree(tmp_path / "second" / "index", home / "index")
    with (
        pytest.raises(
            IncompatibleIndexError, match=r"not the one that the ledger knows.*48 dimensions.*edge, 32.*reindex"
        ),
        opened(home),
    ):
        pass


def test_an_index_without_its_ledger_is_told(home: Path) -> None:
    (home / "ledger.sqlite").rename(home / "kept.sqlite")
    with pytest.raises(IncompatibleIndexError, match=r"60 passages.*knows nothing of it.*restore"), opened(home):
        pass
    (home / "kept.sqlite").replace(home / "ledger.sqlite")
    with opened(home) as library:
        is_whole(library)


def test_a_ledger_without_its_index_is_indexed_again_and_says_so(home: Path) -> None:
    shutil.rmtree(home / "index")
    told: list[tuple[str, int, int]] = []
    with Library.open(
        home, purpose="a test", embedder=HashedEmbedder(), tell=lambda *stand: told.append(stand)
    ) as library:
        is_whole(library)
    assert told == [("Indexing again what the index has lost", 0, 60)]


def test_a_library_of_an_earlier_citewell_is_brought_up(home: Path) -> None:
    with closing(Ledger(home / "ledger.sqlite")) as ledger:
        for key in ledger.metas("index."):
            ledger.set_meta(key, None)
        ledger.set_meta("signature", f"hashed+{lexical.VERSION}")
    (home / "index" / "index.json").unlink()
    embedder = HashedEmbedder()
    with opened(home, embedder) as library:
        is_whole(library)
        assert library.version.layout == int(PAYLOAD_VERSION)
        assert (library.version.number, library.version.dimension) == (1, 32)
    assert embedder.embedded == []
    assert read_manifest(home / "index") == library.version


def test_an_index_whose_payloads_are_of_another_layout_is_built_again_without_embedding(home: Path) -> None:
    with opened(home) as library:
        shard = library.searcher.engine._shard  # type: ignore[attr-defined]
        ids = [point_id(passage.passage_id) for passage in library.ledger.passages()]
        for each in ids:
            payload = shard.retrieve([each], with_payload=True, with_vector=False)[0].payload
            del payload["facets"]
            shard.update(edge.UpdateOperation.overwrite_payload([each], payload))
    embedder = HashedEmbedder()
    with Home.hold(home, purpose="a test") as held:
        reindex_held(held, Wanted(), lambda _: embedder, quiet)
    with opened(home) as library:
        is_whole(library)
    assert len(embedder.embedded) <= reindexing.SAMPLE, "but for the check"


def test_a_model_of_another_dimension_under_the_same_name_is_noticed_and_the_mend_mends(home: Path) -> None:
    other = HashedEmbedder(dimension=48)
    with (
        pytest.raises(IncompatibleIndexError, match=r"vectors of 32 numbers.*citewell library reindex"),
        opened(home, other),
    ):
        pass
    with Home.hold(home, purpose="a test") as held:
        reindex_held(held, Wanted(), lambda _: other, quiet)
    with opened(home, other) as library:
        is_whole(library)


def test_an_engine_that_is_none_is_refused_before_anything_is_built(home: Path) -> None:
    with opened(home) as library:
        with pytest.raises(IncompatibleIndexError, match=r"no engine 'annoy'.*edge"):
            reindex(library, OTHER, None, quiet, engine="annoy")
        assert library.versions.building() is None


@pytest.mark.parametrize("quantisation", ["none", "scalar"])
def test_an_index_goes_to_another_engine_and_back_without_embedding_anything(home: Path, quantisation: str) -> None:
    pytest.importorskip("faiss")
    embedder = HashedEmbedder()
    for engine in ("faiss", "edge"):
        with opened(home, embedder) as library:
            version = reindex(
                library, embedder, library.searcher.engine, quiet, engine=engine, quantisation=quantisation
            )
            assert (version.engine, version.quantisation) == (engine, quantisation)
            assert library.searcher.search("strokes 7")[0].passage.passage_id == "pubmed:7#0"
            assert library.searcher.engine.count() == 60
    assert len(embedder.embedded) <= 2 * reindexing.SAMPLE
    with pytest.raises(IncompatibleIndexError, match="built with the engine edge, and faiss is asked for"):
        Library.open(home, purpose="a test", embedder=embedder, engine="faiss")


def test_an_empty_library_is_told(tmp_path: Path) -> None:
    with (
        Home.hold(tmp_path, purpose="a test") as held,
        pytest.raises(IncompatibleIndexError, match="holds nothing yet"),
    ):
        reindex(held, OTHER, None, quiet)


def test_optimising_is_done_once_and_again_when_something_came(home: Path, tmp_path: Path) -> None:
    with opened(home) as library:
        assert library.unoptimised() == 60
        assert optimise(library, quiet)
        assert (library.version.number, library.version.optimised) == (2, 60)
        assert not optimise(library, quiet)
        ingest_files(library, [articles(tmp_path / "b.xml", 70)])
        assert library.unoptimised() == 1
        is_whole(library)


def test_another_process_that_went_over_is_followed(tmp_path: Path) -> None:
    with local_collections(tmp_path) as place:
        ledgers = [Ledger(tmp_path / "ledger.sqlite") for _ in range(2)]
        one, two = (Library.of(Home(tmp_path, ledger, place), HashedEmbedder()) for ledger in ledgers)
        ingest_files(one, [articles(tmp_path / "a.xml", *range(1, 30))])
        assert two.searcher.search("strokes 7")
        reindex(one, HashedEmbedder(), one.searcher.engine, quiet)
        assert two.searcher.search("strokes 7")[0].passage.passage_id == "pubmed:7#0"
        assert two.version.number == 2
        reindex(one, OTHER, one.searcher.engine, quiet)
        with pytest.raises(IncompatibleIndexError, match="with the embedder other by another process"):
            two.searcher.search("strokes 7")
        one.close()
        two.close()


# kills

KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from indexes.engines.edge import EdgeEngine
from ingestion import places, reindexing
from ingestion.ledger import Ledger
from ingestion.library import Library

reindexing.BATCH, reindexing.FLUSHED, steps = 8, 2, 0

def dying(owner, name):
    method = getattr(owner, name)
    def step(*arguments, **named):
        global steps
        steps += 1
        if steps == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(*arguments, **named)
        steps += 1
        if steps == {at}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, step)

library = Library.open(Path({home!r}), purpose="a test", embedder=HashedEmbedder())
for owner, names in (
    (EdgeEngine, ("upsert", "flush", "close")),
    (Ledger, ("set_meta", "untouch")),
    (places.Folders, ("drop", "describe", "optimise")),
):
    for name in names:
        dying(owner, name)
reindexing.reindex(library, HashedEmbedder("other", 48), library.searcher.engine, lambda *_: None)
library.close()
print(steps)
"""


def run(home: Path, at: int = 0) -> subprocess.CompletedProcess[str]:
    """Reindex in another process, which is killed at its step number `at`."""
    script = KILLED.format(path=sys.path, home=str(home), at=at)
    return subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_killed_anywhere_the_library_is_whole_in_the_old_version_or_in_the_new_one(
    home: Path, tmp_path: Path, seed: int
) -> None:
    shutil.copytree(home, tmp_path / "undisturbed")
    undisturbed = run(tmp_path / "undisturbed")
    assert undisturbed.returncode == 0, undisturbed.stderr
    steps = int(undisturbed.stdout)
    chance = random.Random(seed)  # noqa: S311 - a die, not a secret
    for _ in range(4):
        died = run(home, at=chance.randint(1, steps))
        if died.returncode == 0:  # there was less left to do
            break
        assert died.returncode == -signal.SIGKILL, died.stderr
        with closing(Ledger(home / "ledger.sqlite")) as ledger:
            now = Library.open  # whichever embedder it has, it opens with that
            name = Home(home, ledger, None).versions.current()  # type: ignore[arg-type]
        assert name
        with now(home, purpose="a test", embedder=HashedEmbedder() if name.number == 1 else OTHER) as library:
            engine: Engine = library.searcher.engine
            assert engine.count() == library.ledger.passage_count() == 60
            assert library.searcher.search("strokes 7")[0].passage.passage_id == "pubmed:7#0"
        if name.number > 1:
            return
    with Home.hold(home, purpose="a test") as held:
        reindex(held, OTHER, None, quiet)
    with opened(home, OTHER) as library:
        is_whole(library)
    assert not (home / "index").exists()


LITTLE_ROOM = """
import resource, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from hashed_embedder import HashedEmbedder
from ingestion.library import Library
from ingestion.reindexing import reindex
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Library.open(Path({home!r}), purpose="a test", embedder=HashedEmbedder()) as library:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    try:
        reindex(library, HashedEmbedder("other", 48), library.searcher.engine, lambda *_: None)
    except Exception as error:
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    print(library.searcher.search("strokes 7")[0].passage.passage_id)
"""


def test_a_disk_without_room_leaves_the_library_as_it_was(home: Path) -> None:
    script = LITTLE_ROOM.format(path=sys.path, home=str(home))
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Free space" in done.stdout
    assert done.stdout.endswith("pubmed:7#0\n")
    with opened(home) as library:
        is_whole_but_for_what_is_built(library)
        assert reindex(library, OTHER, library.searcher.engine, quiet).embedder == "other"
        is_whole(library)


def is_whole_but_for_what_is_built(library: Library) -> None:
    assert library.version.number == 1
    assert library.searcher.engine.count() == library.ledger.passage_count() == 60


def test_weights_that_make_no_sense_are_mended_as_their_error_says(home: Path) -> None:
    with Home.hold(home, purpose="a test") as held:
        version = held.versions.current()
        assert version
        held.versions.put(version.model_copy(update={"ranking": {"depth": 10**12}}))
    with pytest.raises(IncompatibleIndexError, match="citewell library reindex"), opened(home):
        pass
    with Home.hold(home, purpose="a test") as held:
        reindex_held(held, Wanted(), lambda _: HashedEmbedder(), quiet)
    with opened(home) as library:
        is_whole(library)
        assert library.searcher.ranking == Ranking()
