"""Where the versions of an index lie: folders beside the ledger, or collections of a Qdrant server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from indexes.engines import Engine
from indexes.engines.storage import AS_THE_SERVER_DOES, Quantisation, Spread, quantisation_of
from indexes.errors import REBUILD, IncompatibleIndexError, IndexWriteError
from ingestion.versions import Version
from ingestion.whole_file import write_whole

MANIFEST = "index.json"
POLL_S = 0.2
_FOLDER = re.compile(r"index(?:-([2-9]|[1-9]\d{1,8}))?")


@dataclass(frozen=True, slots=True)
class Server:
    """A Qdrant server instead of the embedded engine."""

    url: str
    collection: str = "citewell"
    api_key: str | None = None
    spread: Spread = AS_THE_SERVER_DOES
    timeout_s: int = 60


class Place(Protocol):
    """Where versions are opened, found and dropped. `shared`: other processes use it at the same time."""

    shared: bool
    engine: str  # what a new version is made with where nothing else is asked for

    def check(self, version: Version) -> None:
        """Raises `IncompatibleIndexError` where no such version can be made here."""
        ...

    def open(self, version: Version) -> Engine:
        """The engine of that version, made where there is none. Raises `RetrievalError` with the mend."""
        ...

    def describe(self, version: Version) -> None:
        """Lay a copy of the manifest beside the version, where that can be."""
        ...

    def numbers(self) -> set[int]:
        """The versions that lie here, as far as can be seen without the ledger."""
        ...

    def drop(self, number: int) -> None:
        """Remove a version that nobody has open; one that is not there is no error."""
        ...

    def optimise(self, version: Version, waiting: Callable[[], None]) -> None:
        """Build what makes searching a version fast that nobody has open; `waiting` is called meanwhile, and what it raises ends it."""
        ...


class Folders:
    """`index` and `index-2`, `index-3`… in the library's folder, each with its `index.json`."""

    shared = False

    def __init__(self, home: Path, engine: str = "edge") -> None:
        self._home = home
        self.engine = engine

    def folder(self, number: int) -> Path:
        """Where the version of that number lies."""
        return self._home / ("index" if number == 1 else f"index-{number}")

    def check(self, version: Version) -> None:
        """The engine must be one of ours."""
        if version.engine not in ENGINES:
            raise IncompatibleIndexError(f"There is no engine {version.engine!r}. Choose {' or '.join(ENGINES)}.")
        quantisation_of(version.quantisation)

    def open(self, version: Version) -> Engine:
        """The engine in the version's folder. Raises `IncompatibleIndexError` where what lies there is damaged or another index."""
        folder = self.folder(version.number)
        try:
            self._check(folder, version)
            engine = open_folder(folder, version)
        except IncompatibleIndexError as error:
            raise error if REBUILD in str(error) else IncompatibleIndexError(f"{error} {REBUILD}") from error
        try:
            self.describe(version)
        except BaseException:
            engine.close()
            raise
        return engine

    def describe(self, version: Version) -> None:
        """Write the folder's `index.json`."""
        folder, text = self.folder(version.number), version.model_dump_json(indent=2).encode()
        try:
            if not (folder / MANIFEST).is_file() or (folder / MANIFEST).read_bytes() != text:
                write_whole(folder / MANIFEST, text)
        except OSError as error:
            raise IndexWriteError(
                f"{folder / MANIFEST} cannot be written ({error.strerror}). Free space on its disk or mend its permissions."
            ) from error

    def numbers(self) -> set[int]:
        """The folders that are named as a version is."""
        found = (_FOLDER.fullmatch(path.name) for path in self._home.iterdir() if path.is_dir())
        return {int(match[1] or 1) for match in found if match}

    def drop(self, number: int) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def optimise(self, version: Version, waiting: Callable[[], None]) -> None:
        """In a process of its own: Qdrant Edge lets no other thread of this one run while it builds, a minute for every few ten thousand passages."""
        self.describe(version)
        command = [sys.executable, "-P", "-m", "ingestion.optimising", str(self.folder(version.number))]
        ours = str(Path(__file__).resolve().parents[1])
        paths = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"))))
        with subprocess.Popen(  # noqa: S603 - our own program; the folder is one argument
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": paths},
        ) as process:
            try:
                while process.poll() is None:
                    waiting()
                    try:
                        process.wait(POLL_S)
                    except subprocess.TimeoutExpired:
                        continue
            except BaseException:
                process.kill()
                raise
            said = process.stderr.read().decode(errors="replace").strip() if process.stderr else ""
        if process.returncode:
            why = said.splitlines()[-1][-300:] if said else f"status {process.returncode}"
            raise IndexWriteError(
                f"The index in {self.folder(version.number)} could not be optimised ({why}). Free memory and space on its disk, "
                "then run the same command again."
            )

    def _check(self, folder: Path, version: Version) -> None:
        """What the folder says of itself must be what the ledger says of it."""
        if not (folder / MANIFEST).is_file():  # a new one, or one of a Citewell that wrote none
            return
        said = read_manifest(folder)
        if not said.has_vectors_of(version):
            raise IncompatibleIndexError(
                f"The index in {folder} is not the one that the ledger knows: it was built with {said.signature} ({said.engine}, {said.dimension} "
                f"dimensions), the ledger says {version.signature} ({version.engine}, {version.dimension})."
            )


def read_manifest(folder: Path) -> Version:
    """The manifest in a version's folder. Raises `IncompatibleIndexError`."""
    try:
        return Version.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise IncompatibleIndexError(f"{folder / MANIFEST} is no manifest of an index.") from error


def open_folder(folder: Path, version: Version) -> Engine:
    """The embedded engine that the version names. Raises `IncompatibleIndexError` where there is none of that name or it cannot open the folder."""
    if version.engine not in ENGINES:
        raise IncompatibleIndexError(
            f"The index in {folder} is for the engine {version.engine!r}, which this Citewell has not."
        )
    try:
        return ENGINES[version.engine](folder, version)
    except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as panic:  # how the binding tells that a damaged file has taken it by surprise
        raise IncompatibleIndexError(f"The index in {folder} is damaged ({str(panic)[:200]}).") from panic


def _edge(folder: Path, version: Version) -> Engine:
    from indexes.engines.edge import EdgeEngine

    return EdgeEngine.open(folder, dimension=version.dimension, quantisation=quantisation_of(version.quantisation))


_INDEX_TYPES = {
    Quantisation.NONE: "auto",
    Quantisation.SCALAR: "hnsw",
    Quantisation.PRODUCT: "ivfpq",
    Quantisation.BINARY: "binary",
}
"""What FAISS keeps in memory of each quantisation: all its indexes but the flat one do, so that none is no choice but its own."""


def _faiss(folder: Path, version: Version) -> Engine:
    from indexes.engines.faiss import FaissEngine

    index_type = _INDEX_TYPES[quantisation_of(version.quantisation)]
    return FaissEngine.open(folder, dimension=version.dimension, index_type=index_type)


ENGINES: dict[str, Callable[[Path, Version], Engine]] = {"edge": _edge, "faiss": _faiss}
"""The embedded engines, by the name that `CITEWELL_ENGINE` has."""


class Collections:
    """`citewell` and `citewell-2`, `citewell-3`… on a Qdrant server, or what the collection is called."""

    shared = True
    engine = "qdrant"

    def __init__(self, server: Server) -> None:
        self._server = server

    def check(self, version: Version) -> None:
        """The server has its own engine."""
        if version.engine != self.engine:
            raise IncompatibleIndexError(
                f"A Qdrant server has no engine {version.engine!r}. Leave it out, or use the embedded library (without CITEWELL_QDRANT_URL)."
            )
        quantisation_of(version.quantisation)

    def open(self, version: Version) -> Engine:
        """The version's collection."""
        from indexes.engines.qdrant import QdrantEngine

        server = self._server
        return QdrantEngine.connect(
            server.url,
            self._name(version.number),
            dimension=version.dimension,
            api_key=server.api_key,
            quantisation=quantisation_of(version.quantisation),
            spread=server.spread,
            timeout_s=server.timeout_s,
        )

    def describe(self, version: Version) -> None:
        """The ledger has the manifest. Other programs find the version in use under the alias `<collection>-current`."""
        from indexes.engines.qdrant import QdrantEngine

        server = self._server
        alias = f"{server.collection}-current"
        QdrantEngine.call_it(
            alias, server.url, self._name(version.number), api_key=server.api_key, timeout_s=server.timeout_s
        )

    def numbers(self) -> set[int]:
        """The ledger knows them."""
        return set()

    def drop(self, number: int) -> None:
        """Delete the collection."""
        from indexes.engines.qdrant import QdrantEngine

        server = self._server
        QdrantEngine.drop(server.url, self._name(number), api_key=server.api_key, timeout_s=server.timeout_s)

    def optimise(self, version: Version, waiting: Callable[[], None]) -> None:
        """The server does so by itself."""

    def _name(self, number: int) -> str:
        return self._server.collection if number == 1 else f"{self._server.collection}-{number}"
