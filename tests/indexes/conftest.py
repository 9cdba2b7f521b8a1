"""Every engine that can be had here."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from passages import DIMENSION, local_engine
from qdrant_client import QdrantClient

from indexes.engines import Engine
from indexes.engines.edge import EdgeEngine
from indexes.engines.faiss import FaissEngine
from indexes.engines.qdrant import QdrantEngine


@pytest.fixture(params=["edge", "faiss", "local", "server"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine of each sort; the real server only where `CITEWELL_QDRANT_URL` names one."""
    if request.param == "edge":
        with closing(EdgeEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
            yield engine
    elif request.param == "faiss":
        with closing(FaissEngine.open(tmp_path / "index", dimension=DIMENSION)) as engine:
            yield engine
    elif request.param == "local":
        with closing(local_engine()) as engine:
            yield engine
    elif url := os.environ.get("CITEWELL_QDRANT_URL"):
        collection = f"test-{uuid.uuid4().hex}"
        api_key = os.environ.get("CITEWELL_QDRANT_API_KEY")
        with closing(QdrantEngine.connect(url, collection, dimension=DIMENSION, api_key=api_key)) as engine:
            yield engine
        with closing(QdrantClient(url=url, api_key=api_key)) as client:
            client.delete_collection(collection)
    else:
        pytest.skip("no Qdrant server: set CITEWELL_QDRANT_URL")
