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
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter

from indexes.embedding import Embedder
from indexes.engines import Engine, point_id
from indexes.errors import IncompatibleIndexError
from indexes.lexical import encode_passage
from indexes.passage import Passage
from indexes.ranking import Ranking
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
from ingestion.home import Home
from ingestion.ledger import Ledger
from ingestion.library import Library
from ingestion.places import MANIFEST, read_manifest
from ingestion.vectors import stored_vectors, vectors_of
from ingestion.versions import Version, Versions, new_version
from ingestion.whole_file import write_whole

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
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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


def snapshot_path(home: Path, name: str) -> Path:
    """Where a snapshot of that name is kept in the library's own folder."""
    return home / "snapshots" / f"{name}.zip"


def _write(library: Library, snapshot: Path, ids: Path, writer: ArchiveWriter, tell: Tell) -> Manifest:
    searcher, signature, done = library.searcher, library.signature, 0
    dimension = searcher.embedder.dimension
    with closing(Ledger(snapshot)) as ledger:
        count = ledger.passage_count()
        documents = sum(number for number, _ in ledger.counts().values())
        with writer.member(VECTORS) as rows, ids.open("wb") as lines:
            rows.write(rows_head(count, dimension))
            for batch in _batches(ledger.passages()):
                stored = stored_vectors(searcher.engine, batch)
                rows.write(vectors_of(batch, stored, searcher.embedder).astype("<f4").tobytes())
                lines.write(identifier_lines([passage.passage_id for passage in batch]))
                done += len(batch)
                tell("Exporting", done, count)
    for name, path in ((IDS, ids), (LEDGER, snapshot)):
        with writer.member(name) as copy, path.open("rb") as file:
            shutil.copyfileobj(file, copy, CHUNK)
    return writer.finish(signature=signature, dimension=dimension, documents=documents, passages=count)


def import_library(
    home: Home, source: Path, tell: Tell, *, embedder: Embedder, spec: str = "", replace: bool = False
) -> Manifest:
    """Make the library in `home` the one in the file `source`; it must be empty, unless it is to be replaced.

    Closes `home`: open it again to use it. Raises `ArchiveError` where the file is none or damaged or the library holds documents,
    `IncompatibleIndexError` where another embedder than `embedder` made it, and `LibraryInUseError` where another run is writing; then nothing
    has changed. `spec` is the setting that opens the embedder: the file's own word is not taken.
    """
    if home.ledger.has_documents() and not replace:
        raise ArchiveError(
            f"The library in {home.home} holds documents, and an import never replaces or mixes. "
            "Name a new folder with --into, or move this one away first. (citewell library restore --replace takes the file instead of them.)"
        )
    with home.versioning(), home.writing(), open_archive(source) as archive:
        manifest = archive.manifest
        made_with = manifest.signature.rpartition("+")[0]
        if made_with != embedder.name:
            raise IncompatibleIndexError(
                f"{source} was exported by Citewell {manifest.citewell} from a library built with the embedder {made_with}, and {embedder.name} is "
                f"asked for. Set CITEWELL_EMBEDDER={made_with}, or ingest the files again."
            )
        if manifest.dimension != embedder.dimension:
            raise damaged(
                source, f"its vectors have {manifest.dimension} numbers each, {made_with} makes {embedder.dimension}"
            )
        archive.verify(tell)
        staged = home.home / f"{STAGING}{manifest.digest}"
        try:
            with _writing(home.home):
                version = _stage(home, archive, staged).model_copy(update={"spec": spec})
            if fault := fault_of(staged / LEDGER):
                raise damaged(source, f"its ledger {fault}")
            _build(home, archive, source, staged, version, tell)
            with _writing(home.home):
                _take_place(home, staged, version)
        except (ArchiveError, IncompatibleIndexError):  # going on with it would be of no use
            _clear(home, staged)
            raise
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def _stage(home: Home, archive: Archive, staged: Path) -> Version:
    """Lay the ledger into the folder where the import is built; what another import left is cleared away. The index version that is to be its."""
    for left in staged.parent.glob(f"{STAGING}*"):
        if left != staged:
            _clear(home, left)
    staged.mkdir(mode=0o700, exist_ok=True)
    for path in _sidecars(staged / LEDGER):
        path.unlink(missing_ok=True)
    with (staged / LEDGER).open("wb") as file:
        for chunk in archive.chunks(LEDGER):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    version = _begun(staged)
    if version is None:
        made_with, now = archive.manifest.signature.rpartition("+")[0], home.versions.current()
        engine, quantisation = (now.engine, now.quantisation) if now else (home.place.engine, "none")
        version = new_version(home.next_number(), engine, made_with, archive.manifest.dimension, quantisation)
        write_whole(staged / MANIFEST, version.model_dump_json().encode())
    return version


def _begun(staged: Path) -> Version | None:
    """The version that an import which broke off was building."""
    with suppress(IncompatibleIndexError):
        version = read_manifest(staged)
        if version.like(_anew(version)):
            return version
    return None


def _anew(version: Version) -> Version:
    kind = (version.engine, version.embedder, version.dimension, version.quantisation)
    return new_version(version.number, *kind)


def _clear(home: Home, staged: Path) -> None:
    version = _begun(staged)
    if version:
        home.place.drop(version.number)
    shutil.rmtree(staged, ignore_errors=True)


def _build(home: Home, archive: Archive, source: Path, staged: Path, version: Version, tell: Tell) -> None:
    """Fill the version with the passages, and have the ledger know it."""
    with closing(_ledger(staged / LEDGER, source)) as ledger:
        ledger.finish_writing()  # the index that is built here is what the ledger says
        try:
            theirs = Versions(ledger).current()
            ranking = Ranking.from_json(theirs.ranking if theirs else {})
        except IncompatibleIndexError as error:
            raise damaged(source, "its ledger says nothing usable of its index") from error
        if theirs is None or theirs.signature != archive.manifest.signature:
            raise damaged(source, "its ledger is of another library")
        with closing(home.place.open(version)) as engine:
            _fill(engine, ledger, archive, source, tell)
        Versions(ledger).clear()
        Versions(ledger).use(
            version.model_copy(update={"passages": archive.manifest.passages, "ranking": ranking.to_json()})
        )


def _ledger(path: Path, source: Path) -> Ledger:
    try:
        return Ledger(path)
    except IngestionError as error:
        raise damaged(source, "its ledger cannot be brought to this layout") from error


def _fill(engine: Engine, ledger: Ledger, archive: Archive, source: Path, tell: Tell) -> None:
    count = archive.manifest.passages
    if ledger.passage_count() != count:
        raise damaged(source, "its ledger has another number of passages")
    done = 0
    for ids, vectors in archive.rows(BATCH):
        passages = _passages(ledger, ids, source)
        there = engine.passages([*map(point_id, ids)])  # from a run that broke off
        fresh = [row for row, identifier in enumerate(ids) if there.get(point_id(identifier)) != passages[row]]
        terms = [encode_passage(passages[row].lexical_text) for row in fresh]
        engine.upsert([passages[row] for row in fresh], vectors[fresh], terms)
        done += len(ids)
        tell("Importing", done, count)
    engine.flush()
    if engine.count() < count:
        raise damaged(source, "the same passage is in it twice")
    if engine.count() > count:
        raise ArchiveError(
            f"The index holds {engine.count() - count} passages that are not of {source}: another machine may use the same collection. "
            "Choose another one with CITEWELL_QDRANT_COLLECTION."
        )


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


def _take_place(home: Home, staged: Path, version: Version) -> None:
    """The new ledger instead of the old one: from its renaming on, the library is the imported one."""
    before = {known.number for known in home.versions.all()}
    path = home.ledger.path
    home.close_index()
    home.ledger.close()
    for sidecar in _sidecars(path):
        sidecar.unlink(missing_ok=True)
    (staged / LEDGER).replace(path)
    for number in before - {version.number}:
        home.place.drop(number)


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
