"""Whatever is ingested, changed, deleted, removed, cancelled or broken off, in any order: index, ledger and a model of a few rules agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from native import article, deletion, pubmed_xml

from indexes.embedding import Vectors
from indexes.engines import point_id
from indexes.lexical import SparseVector
from indexes.passage import Passage
from indexes.searcher import Searcher
from ingestion import windows
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.pipeline import ingest_files, remove_document
from ingestion.places import Folders
from ingestion.report import Progress
from ingestion.versions import new_version

WORDS = ("Offer a statin.", "Measure lipids yearly.", "Stop smoking.", "Walk every day.")
Article = tuple[int, tuple[str, ...], int, bool]  # PMID, sentences, year of revision (0: none), whether it is retracted
Guideline = tuple[str, int, tuple[str, ...]]  # title, year, recommendations
RETRACTED = (
    '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J</RefSource>'
    "</CommentsCorrections></CommentsCorrectionsList>"
)


class Memory:
    """What an engine stores, without its disk: a sync of that a step is too slow for hundreds of runs, and the engines have tests of their own."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[Passage, Vectors]] = {}

    def upsert(self, passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector]) -> None:
        for passage, vector, _ in zip(passages, dense, sparse, strict=True):
            self.stored[point_id(passage.passage_id)] = passage, vector

    def relabel(self, passages: Sequence[Passage]) -> None:
        for passage in passages:
            point = point_id(passage.passage_id)
            if point in self.stored:
                self.stored[point] = passage, self.stored[point][1]

    def delete(self, passage_ids: Sequence[str]) -> None:
        for passage_id in passage_ids:
            self.stored.pop(point_id(passage_id), None)

    def passages(self, point_ids: Sequence[str]) -> Mapping[str, Passage]:
        return {point: self.stored[point][0] for point in point_ids if point in self.stored}

    def vectors(self, point_ids: Sequence[str]) -> Mapping[str, Vectors]:
        return {point: self.stored[point][1] for point in point_ids if point in self.stored}

    def count(self) -> int:
        return len(self.stored)

    def flush(self) -> None:
        """There is no disk."""


TURNS = 40
# Where a run breaks off: every place at which it writes.
STEPS: tuple[tuple[type, str], ...] = (
    *((Memory, name) for name in ("upsert", "relabel", "delete", "flush")),
    *((Ledger, name) for name in ("start_writing", "record", "remove", "start_file", "finish_file", "finish_writing")),
)


class BrokenOffError(Exception):
    """What stands for a crash."""


def as_xml(pmid: int, sentences: tuple[str, ...], revised: int, retracted: bool) -> str:
    date = f"<DateRevised><Year>{revised}</Year></DateRevised>" if revised else ""
    record = article(pmid, " ".join(sentences)).replace("</PMID>", f"</PMID>{date}", 1)
    return record.replace("</MedlineCitation>", (RETRACTED if retracted else "") + "</MedlineCitation>")


def as_markdown(title: str, year: int, sentences: tuple[str, ...]) -> str:
    lines = "\n".join(f"- {sentence}" for sentence in sentences)
    return (
        f"---\ntitle: {title}\npublisher: WHO\nversion: '{year}'\n---\n\n# {title}\n\n## Recommendations\n\n{lines}\n"
    )


class Model:
    """What a library should hold: the last word on each document, read from the files that are due, in the order of their names."""

    def __init__(self) -> None:
        self.files: dict[str, list[Article | int] | Guideline] = {}
        self.read: dict[str, list[Article | int] | Guideline] = {}  # what each file said when it was read last
        self.held: dict[str, tuple[str, Article | Guideline]] = {}  # file and content
        self.holders: set[tuple[str, str]] = set()  # files and the guidelines they said
        self.excluded: dict[str, set[str]] = {}  # documents removed for good and the files that hold them

    def ingest(self) -> None:
        for name, content in sorted(self.files.items()):
            if self.read.get(name) == content:
                continue
            self.read[name] = content
            if isinstance(content, tuple):
                said = f"guideline:who/{content[0].lower()}@{content[1]}"
                self._put(said, name, content)
                for other in self.said_by(name) - {said}:
                    self._gone(name, other)
                if said not in self.excluded:
                    self.holders.add((name, said))
                continue
            for record in content:
                if isinstance(record, int):
                    self.held.pop(f"pubmed:{record}", None)
                else:
                    self._put(f"pubmed:{record[0]}", name, record)

    def said_by(self, name: str) -> set[str]:
        return {said for holder, said in self.holders if holder == name}

    def _gone(self, name: str, document_id: str) -> None:
        """The file says something else now: what nobody else says leaves, and the next who says it has the word."""
        self.holders.remove((name, document_id))
        source, content = self.held[document_id]
        heirs = [holder for holder, said in self.holders if said == document_id]
        if not heirs:
            del self.held[document_id]
        elif source == name:
            self.held[document_id] = max(heirs), content
            self.read.pop(max(heirs), None)

    def remove(self, document_id: str, for_good: bool) -> None:
        source, _ = self.held.pop(document_id)
        sources = {source, *(holder for holder, said in self.holders if said == document_id)}
        if for_good:
            self.excluded[document_id] = sources
        else:
            self._forget(sources)
        self.holders = {pair for pair in self.holders if pair[1] != document_id}

    def readmit(self, document_id: str) -> None:
        self._forget(self.excluded.pop(document_id))

    def _forget(self, names: set[str]) -> None:
        for name in names:
            self.read.pop(name, None)

    def _put(self, document_id: str, source: str, content: Article | Guideline) -> None:
        if document_id in self.excluded:
            self.excluded[document_id].add(source)
            return
        known = self.held.get(document_id)
        if known and known[1] == content:
            return  # and it stays the file's that said it first
        if known and len(content) == 4 and content[2] and int(known[1][2]) > content[2]:  # type: ignore[call-overload]
            return
        self.held[document_id] = source, content

    def standing(self) -> dict[str, tuple[str, tuple[str, ...], str, str | None]]:
        """Each document's file, sentences, status and successor: the latest edition that is held."""
        found = {}
        for document_id, (source, content) in self.held.items():
            if len(content) == 4:
                _, sentences, _, retracted = content
                found[document_id] = source, (" ".join(sentences),), "retracted" if retracted else "current", None
                continue
            family = document_id.partition("@")[0]
            latest = max(each for each in self.held if each.partition("@")[0] == family)
            successor = None if latest == document_id else latest
            found[document_id] = source, content[2], "superseded" if successor else "current", successor
        return found


class World:
    """A folder of files, a library, the model of it, and the die that says what happens."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.files = folder / "files"
        self.files.mkdir()
        self.model = Model()
        self.die = random.Random(seed)  # noqa: S311 - a die, not a secret
        embedder = HashedEmbedder()
        searcher = Searcher(Memory(), embedder)  # type: ignore[arg-type]  # nothing is searched
        version = new_version(1, "edge", embedder.name, embedder.dimension)
        self.library = Library(folder, Ledger(folder / "ledger.sqlite"), Folders(folder), version, searcher)

    # what may happen to the files

    def write_articles(self) -> None:
        name = self.die.choice(["a.xml", "b.xml"])
        records = [self._article() for _ in range(self.die.randint(0, 6))]
        body = (deletion(each) if isinstance(each, int) else as_xml(*each) for each in records)
        (self.files / name).write_text(pubmed_xml(*body))
        self.model.files[name] = records

    def _article(self) -> Article | int:
        pmid = self.die.randint(1, 4)
        if self.die.random() < 0.2:
            return pmid
        return pmid, self._sentences(2), self.die.choice([0, 2020, 2024]), self.die.random() < 0.2

    def write_guideline(self) -> None:
        """All files that say this guideline say it alike: of two that differ the one read last counts, which a broken run may change."""
        written = self.die.choice(["c.md", "d.md", "e.md"])
        title, year = self.die.choice(["Lipids", "Asthma"]), self.die.choice([2014, 2019, 2024])
        content = title, year, self._sentences(4)
        for name in [written, *self.model.files]:
            if name == written or self.model.files[name][:2] == (title, year):
                (self.files / name).write_text(as_markdown(*content))
                self.model.files[name] = content

    def _sentences(self, most: int) -> tuple[str, ...]:
        return tuple(self.die.sample(WORDS, self.die.randint(1, most)))

    def exchange_files(self) -> None:
        """What one file said another says now."""
        present = sorted(name for name in self.model.files if name.endswith(".md"))
        if len(present) < 2:
            return
        one, other = self.die.sample(present, 2)
        said = (self.files / one).read_text()
        (self.files / one).write_text((self.files / other).read_text())
        (self.files / other).write_text(said)
        self.model.files[one], self.model.files[other] = self.model.files[other], self.model.files[one]

    def copy_file(self) -> None:
        present = sorted(name for name in self.model.files if name.endswith(".md"))
        if present:
            one, other = self.die.choice(present), self.die.choice(["c.md", "d.md", "e.md"])
            (self.files / other).write_text((self.files / one).read_text())
            self.model.files[other] = self.model.files[one]

    def delete_file(self) -> None:
        """A file that is gone takes nothing with it."""
        if self.model.files:
            name = self.die.choice(sorted(self.model.files))
            (self.files / name).unlink()
            del self.model.files[name]

    # what may happen to the library

    def ingest(self) -> None:
        """Until nothing is left to read: who has the word anew is read once more."""
        for _ in range(9):
            report = ingest_files(self.library, [self.files])
            assert report.failures == []
            self.model.ingest()
            if report.files == 0:
                break
        assert report.files == 0

    def remove(self) -> None:
        if self.model.held:
            document_id, for_good = self.die.choice(sorted(self.model.held)), self.die.random() < 0.3
            remove_document(self.library, document_id, for_good=for_good)
            self.model.remove(document_id, for_good)
        if self.model.excluded and self.die.random() < 0.5:
            document_id = self.die.choice(sorted(self.model.excluded))
            self.library.ledger.readmit(document_id)
            self.model.readmit(document_id)

    def cancel(self) -> None:
        before = iter(range(self.die.randint(0, 6)))

        def stop(_: Progress) -> None:
            if next(before, None) is None:
                raise BrokenOffError

        self._break_off(stop)
        self._go_on()

    def fail(self) -> None:
        owner, name = self.die.choice(STEPS)
        before = iter(range(self.die.randint(0, 4)))
        method = getattr(owner, name)

        def failing(*arguments: object) -> object:
            if next(before, None) is None:
                raise BrokenOffError
            return method(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, failing)
            self._break_off()
        self._go_on()

    def _break_off(self, told: Callable[[Progress], None] | None = None) -> None:
        with suppress(BrokenOffError):
            ingest_files(self.library, [self.files], on_progress=told)

    def _go_on(self) -> None:
        with self.library.writing():  # as whoever opens it does
            pass
        self.index_and_ledger_agree()
        self.ingest()

    # what must hold

    def index_and_ledger_agree(self) -> None:
        engine, ledger = self.library.searcher.engine, self.library.ledger
        passages = {point_id(passage.passage_id): passage for passage in ledger.passages()}
        assert engine.count() == len(passages)
        assert engine.passages(list(passages)) == passages
        vectors = engine.vectors(list(passages))
        for point, passage in passages.items():
            expected = self.library.searcher.embedder.embed_query(passage.embedding_text)
            np.testing.assert_allclose(vectors[point], expected, atol=1e-5)
        assert ledger.unfinished() == {}

    def ledger_and_model_agree(self) -> None:
        ledger = self.library.ledger
        texts: dict[str, list[str]] = {}
        for passage in ledger.passages():
            texts.setdefault(passage.document_id, []).append(passage.text)
        found = {}
        for document_id, said in texts.items():
            document, known = ledger.document(document_id), ledger.known(document_id)
            assert document
            assert known
            found[document_id] = Path(known.source).name, tuple(said), str(document.status), document.superseded_by
        assert found == self.model.standing()


CHANGES = (World.write_articles, *2 * [World.write_guideline], World.exchange_files, World.copy_file, World.delete_file)
RUNS = (World.ingest, World.ingest, World.remove, World.cancel, World.fail, World.fail)


@pytest.mark.parametrize("window", [1, 4, 256])
@pytest.mark.parametrize("seed", range(4))
def test_index_ledger_and_model_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, window: int) -> None:
    monkeypatch.setattr(windows, "WINDOW_PASSAGES", window)
    monkeypatch.setattr(windows, "WINDOW_EVENTS", 3 * window)
    world = World(tmp_path, seed * 1000 + window)
    happened: list[str] = []  # shown where the test fails
    with closing(world.library.ledger):
        for _ in range(TURNS):
            for step in (*world.die.choices(CHANGES, k=world.die.randint(1, 4)), world.die.choice(RUNS)):
                happened.append(step.__name__)
                step(world)
            world.index_and_ledger_agree()
            if happened[-1] != "remove":
                world.ledger_and_model_agree()
