"""Index versions in collections of the client's own imitation of a Qdrant server, which keeps them in a folder."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qdrant_client import QdrantClient

from indexes.engines.qdrant import QdrantEngine
from ingestion.places import Collections, Server
from ingestion.versions import Version


class _Client(QdrantClient):
    """Shared by every version, as a server is."""

    def close(self, *_: object, **__: object) -> None:
        pass


class LocalCollections(Collections):
    """The collections `test`, `test-2`… of that client."""

    def __init__(self, client: QdrantClient) -> None:
        super().__init__(Server("http://nowhere", "test"))
        self._client = client

    def open(self, version: Version) -> QdrantEngine:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Payload indexes have no effect", UserWarning)
            return QdrantEngine(self._client, self._name(version.number), dimension=version.dimension)

    def describe(self, version: Version) -> None:
        pass

    def drop(self, number: int) -> None:
        self._client.delete_collection(self._name(number))


@contextmanager
def local_collections(home: Path) -> Iterator[LocalCollections]:
    """The collections that are kept in that folder."""
    home.mkdir(parents=True, exist_ok=True)
    client = _Client(path=str(home / "server"))
    try:
        yield LocalCollections(client)
    finally:
        QdrantClient.close(client)
