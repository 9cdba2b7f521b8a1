"""A library moves to another machine or engine: out into one file (`export_file.py`), and in again, with nothing embedded anew.

An import is the whole library or nothing. It is built beside the library's own files and takes their place at the end, the ledger first: after
a kill before that the target is as empty as it was, and after it whole (an index that did not follow is made again when the library is opened).
An import that broke off goes on where it was when it is run again.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import numpy as np
from pydantic import TypeAdapter

from indexes.embedding import Vectors
from indexes.engines import Engine, point_id
from indexes.engines.edge import EdgeEngine
from indexes.errors import IncompatibleIndexError
from indexes.lexical import encode_passage
from indexes.passage import Passage
from ingestion.errors import ArchiveError, IngestionError
from ingestion.export_file import (
    CHUNK,
    IDS,
    LEDGER,
    VECTORS,
    Archive,
    ArchiveWriter,
    Manifest,
    Tell,
    damaged,
    identifier_lines,
    open_archive,
    rows_head,
)
from ingestion.foreign_ledger import fault_of
from ingestion.ledger import Ledger
from ingestion.library import Library

BATCH = 256  # passages that are looked up or stored together
STAGING = ".importing-"
_PASSAGE = TypeAdapter(Passage)  # what is in a ledger from elsewhere may be of any type


def export_library(library: Library, target: Path, tell: Tell) -> Manifest:
    """Write the library to `target`, a new file.

    The ledger is copied as it is at one moment, so that another process may go on writing where a Qdrant server is the index. A passage whose
    vector the index has lost, or has replaced since, is embedded anew. Raises `ArchiveError` where the file exists or cannot be written.
    """
    if target.exists():
        raise ArchiveError(f"{target} is there already and is not overwritten. Choose another name, or move it away.")
    partial, snapshot, ids = (target.with_name(target.name + suffix) for suffix in (".partial", ".ledger", ".ids"))
    try:
        with _writing(target):
            snapshot.unlink(missing_ok=True)
            with closing(sqlite3.connect(f"file:{quote(str(library.ledger.path))}?mode=ro", uri=True)) as connection:
                connection.execute("VACUUM INTO ?", (str(snapshot),))
            with ArchiveWriter(partial) as writer:
                manifest = _write(library, snapshot, ids, writer, tell)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(target)
    finally:
        for path in (partial, ids, snapshot, *_sidecars(snapshot)):
            path.unlink(missing_ok=True)
    return manifest


def _write(library: Library, snapshot: Path, ids: Path, writer: ArchiveWriter, tell: Tell) -> Manifest:
    dimension, done = library.searcher.embedder.dimension, 0
    with closing(Ledger(snapshot)) as ledger:
        count = ledger.passage_count()
        documents = sum(number for number, _ in ledger.counts().values())
        with writer.member(VECTORS) as rows, ids.open("wb") as lines:
            rows.write(rows_head(count, dimension))
            for batch in _batches(ledger.passages()):
                rows.write(_vectors(library, batch).astype("<f4").tobytes())
                lines.write(identifier_lines([passage.passage_id for passage in batch]))
                done += len(batch)
                tell("Exporting", done, count)
    for name, path in ((IDS, ids), (LEDGER, snapshot)):
        with writer.member(name) as copy, path.open("rb") as file:
            shutil.copyfileobj(file, copy, CHUNK)
    return writer.finish(signature=library.signature, dimension=dimension, documents=documents, passages=count)


def _vectors(library: Library, passages: Sequence[Passage]) -> Vectors:
    """The passages' vectors from the index; those that are of other words, or not there, are made."""
    engine = library.searcher.engine
    points = [point_id(passage.passage_id) for passage in passages]
    there, stored = engine.passages(points), engine.vectors(points)
    stale = [
        passage.embedding_text
        for point, passage in zip(points, passages, strict=True)
        if point not in stored or point not in there or there[point].embedding_text != passage.embedding_text
    ]
    made = dict(zip(stale, library.searcher.embedder.embed_passages(stale), strict=True)) if stale else {}
    rows = [
        made[passage.embedding_text] if passage.embedding_text in made else stored[point]
        for point, passage in zip(points, passages, strict=True)
    ]
    return np.stack(rows)


def import_library(library: Library, source: Path, tell: Tell) -> Manifest:
    """Make `library`, which must be empty, the one in the file `source`.

    Closes the library: open it again to use it. Raises `ArchiveError` where the file is none or damaged or the library holds documents, and
    `IncompatibleIndexError` where another embedder or lexical encoder made it, and `LibraryInUseError` where another run is writing; then nothing
    has changed.
    """
    if library.ledger.has_documents():
        raise ArchiveError(
            f"The library in {library.home} holds documents, and an import never replaces or mixes. "
            "Name a new folder with --into, or move this one away first."
        )
    with library.writing(), open_archive(source) as archive:
        manifest = archive.manifest
        if manifest.signature != library.signature:
            raise IncompatibleIndexError(
                f"{source} was exported by Citewell {manifest.citewell} from a library built with {manifest.signature}; "
                f"this Citewell searches with {library.signature}. Use that version, or ingest the files again."
            )
        archive.verify(tell)
        staged = library.home / f"{STAGING}{manifest.digest}"
        try:
            with _writing(library.home):
                _stage(archive, staged)
            if fault := fault_of(staged / LEDGER):
                raise damaged(source, f"its ledger {fault}")
            _build(library, archive, source, staged, tell)
            with _writing(library.home):
                _take_place(library, staged)
        except (ArchiveError, IncompatibleIndexError):  # going on with it would be of no use
            shutil.rmtree(staged, ignore_errors=True)
            raise
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def _stage(archive: Archive, staged: Path) -> None:
    """Lay the ledger into the folder where the import is built; what another import left is cleared away."""
    for left in staged.parent.glob(f"{STAGING}*"):
        if left != staged:
            shutil.rmtree(left, ignore_errors=True)
    staged.mkdir(mode=0o700, exist_ok=True)
    for path in _sidecars(staged / LEDGER):
        path.unlink(missing_ok=True)
    with (staged / LEDGER).open("wb") as file:
        for chunk in archive.chunks(LEDGER):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _build(library: Library, archive: Archive, source: Path, staged: Path, tell: Tell) -> None:
    """Fill an index with the passages: a new one in the staging folder, or the server's empty collection."""
    embedded = isinstance(library.searcher.engine, EdgeEngine)
    dimension = archive.manifest.dimension
    engine = EdgeEngine.open(staged / "index", dimension=dimension) if embedded else library.searcher.engine
    try:
        with closing(_ledger(staged / LEDGER, source)) as ledger:
            ledger.finish_writing()  # the index that is built here is what the ledger says
            if ledger.get_meta("signature") != archive.manifest.signature:
                raise damaged(source, "its ledger is of another library")
            _fill(engine, ledger, archive, source, tell)
    finally:
        if embedded:
            engine.close()


def _ledger(path: Path, source: Path) -> Ledger:
    try:
        return Ledger(path)
    except IngestionError as error:
        raise damaged(source, "its ledger cannot be brought to this layout") from error


def _fill(engine: Engine, ledger: Ledger, archive: Archive, source: Path, tell: Tell) -> None:
    count = archive.manifest.passages
    if ledger.passage_count() != count:
        raise damaged(source, "its ledger has another number of passages")
    known = sum(len(engine.passages([*map(point_id, ids)])) for ids, _ in archive.rows(BATCH)) if engine.count() else 0
    if engine.count() != known:
        raise ArchiveError(
            f"The index holds {engine.count() - known} passages that are not of {source}, though the ledger here is empty: another machine may "
            "use the same collection. Choose another one with CITEWELL_QDRANT_COLLECTION."
        )
    done = 0
    for ids, vectors in archive.rows(BATCH):
        passages = _passages(ledger, ids, source)
        there = engine.passages([*map(point_id, ids)])  # from a run that broke off
        fresh = [row for row, identifier in enumerate(ids) if there.get(point_id(identifier)) != passages[row]]
        terms = [encode_passage(passages[row].embedding_text) for row in fresh]
        engine.upsert([passages[row] for row in fresh], vectors[fresh], terms)
        done += len(ids)
        tell("Importing", done, count)
    engine.flush()
    if engine.count() != count:
        raise damaged(source, "the same passage is in it twice")


def _passages(ledger: Ledger, ids: Sequence[str], source: Path) -> list[Passage]:
    try:
        found = [ledger.passage(identifier) for identifier in ids]
        for passage in filter(None, found):
            _PASSAGE.validate_json(json.dumps(asdict(passage)), strict=True)
    except (IngestionError, KeyError, TypeError, ValueError) as error:
        raise damaged(source, "its ledger holds a passage that cannot be read") from error
    passages = [passage for passage in found if passage]
    if [passage.passage_id for passage in passages] != list(ids):
        raise damaged(source, "its ledger and its vectors are not of the same passages")
    return passages


def _take_place(library: Library, staged: Path) -> None:
    """The new ledger and index instead of the empty ones; from the ledger's renaming on the library is the imported one."""
    library.ledger.close()
    index = library.home / "index"
    if (staged / "index").exists():
        library.searcher.engine.close()
        shutil.rmtree(index)
    for path in _sidecars(library.ledger.path):
        path.unlink(missing_ok=True)
    (staged / LEDGER).replace(library.ledger.path)
    if (staged / "index").exists():
        (staged / "index").replace(index)


def _batches(passages: Iterator[Passage]) -> Iterator[list[Passage]]:
    while batch := list(islice(passages, BATCH)):
        yield batch


def _sidecars(database: Path) -> list[Path]:
    """SQLite's own files beside a database."""
    return [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    """Says in our words that the disk refused."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise IngestionError(
            f"{place} cannot be written ({reason}). Free space on its disk or mend its permissions, then run the same command again."
        ) from error
