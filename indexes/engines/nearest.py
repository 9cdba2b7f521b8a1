"""Approximate nearest neighbours by FAISS: which index for how many vectors, built on a GPU where there is one, searched with any filter.

An index here only proposes candidates; the engine ranks them by the exact vectors, which lie on disk. So the codes in memory may be rough:
one byte a dimension (`hnsw`), half a byte for four dimensions (`ivfpq`), one bit a dimension (`binary`).
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.durable import whole_folder
from indexes.embedding import Vectors
from indexes.errors import ModelMissingError

Rows = NDArray[np.int64]
Bits = NDArray[np.bool_]
_AT_ONCE = 65_536  # vectors that are read, added or checked together
_TRAINED = 200_000  # vectors that an index learns from, at most
_BREADTH = 64  # the least nodes of a graph or lists that are looked through


def faiss_module() -> Any:
    """The `faiss` package. Raises `ModelMissingError` with the mend where it is not installed."""
    try:
        import faiss
    except ImportError as error:
        raise ModelMissingError(
            "The FAISS engine needs faiss: pip install 'citewell[faiss]', or 'citewell[gpu]' on a machine with an NVIDIA GPU."
        ) from error
    return faiss


def gpus() -> int:
    """How many GPUs FAISS can use: none with `faiss-cpu`, or where no driver is."""
    faiss = faiss_module()
    return int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0


def _lists(size: int) -> int:
    """Inverted lists for so many vectors: 4 times the root, a power of two, as FAISS's guidelines have it."""
    return 2 ** max(0, round(math.log2(4 * math.sqrt(size))))


@dataclass(frozen=True, slots=True)
class IndexType:
    """How an index is made of `size` vectors of a dimension (FAISS's factory string), and how many candidates it gives for one that is asked for."""

    factory: Callable[[int, int], str]
    candidates: int


INDEX_TYPES: dict[str, IndexType] = {
    "hnsw": IndexType(lambda size, dimension: "HNSW32_SQ8", 1),
    "ivfpq": IndexType(lambda size, dimension: f"IVF{_lists(size)},PQ{dimension // 4}x4fs", 4),
    "binary": IndexType(lambda size, dimension: f"IVF{_lists(size)},RaBitQ", 4),
}


@dataclass(frozen=True, slots=True)
class Nearest:
    """An index over the vectors of `rows`, which ascend."""

    index_type: str
    index: Any
    rows: Rows

    def search(self, query: Vectors, limit: int, allowed: Bits | None) -> Rows:
        """Rows that are probably among the `limit` nearest of those allowed; `allowed` says of every row whether it is, `None` all."""
        faiss = faiss_module()
        faiss.omp_set_num_threads(1)  # of this thread: for one query the others would only be waited for
        wanted = min(limit * INDEX_TYPES[self.index_type].candidates, len(self.rows))
        share = 1.0
        selector = None
        if allowed is not None:
            among = allowed[self.rows]
            share = max(float(np.count_nonzero(among)), 1.0) / len(among)
            selector = faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))
        breadth = max(_BREADTH, wanted) / share
        if self.index_type == "hnsw":
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=math.ceil(breadth))
        else:
            lists = self.index.nlist
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=min(lists, math.ceil(_BREADTH / share)))
        _, places = self.index.search(query.reshape(1, -1), wanted, params=parameters)
        return self.rows[places[0][places[0] >= 0]]

    def serves(self, size: int) -> bool:
        """Whether as many vectors are not too many for what the index learnt from fewer."""
        return self.index_type == "hnsw" or 4 * self.index.nlist > _lists(size)

    def extended(self, vectors: Vectors, rows: Rows) -> Nearest:
        """With those rows of `vectors` too; this index is changed and must not be in use."""
        faiss_module().omp_set_num_threads(os.cpu_count() or 1)
        for first in range(0, len(rows), _AT_ONCE):
            self.index.add(np.ascontiguousarray(vectors[rows[first : first + _AT_ONCE]]))
        return Nearest(self.index_type, self.index, np.concatenate([self.rows, rows]))

    def save(self, folder: Path) -> int:
        """Write to a folder that appears complete or not at all, and give the checksum to load it with. Raises `OSError`."""
        faiss = faiss_module()
        with whole_folder(folder) as beside:
            faiss.write_index(self.index, str(beside / "index"))
            (beside / "rows").write_bytes(self.rows.tobytes())
            return _checksum(beside)

    @classmethod
    def load(cls, index_type: str, folder: Path, checksum: int) -> Nearest:
        """What `save` wrote. Raises `OSError` or `ValueError` where it is missing or other than it was."""
        if _checksum(folder) != checksum:
            raise ValueError(f"{folder} is not as it was written")
        rows = np.fromfile(folder / "rows", np.int64)
        return cls(index_type, faiss_module().read_index(str(folder / "index")), rows)


def build(index_type: str, vectors: Vectors, rows: Rows) -> Nearest:
    """An index of that type over those rows of `vectors`, which are unit vectors; inner products compare them."""
    faiss = faiss_module()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    dimension = vectors.shape[1]
    index = faiss.index_factory(dimension, INDEX_TYPES[index_type].factory(len(rows), dimension), faiss.METRIC_INNER_PRODUCT)
    sample = np.sort(np.random.default_rng(0).permutation(rows)[:_TRAINED])
    index.train(np.ascontiguousarray(vectors[sample]))
    return Nearest(index_type, index, rows[:0]).extended(vectors, rows)


def _checksum(folder: Path) -> int:
    total = 0
    for name in ("index", "rows"):
        with (folder / name).open("rb") as file:
            while block := file.read(1 << 20):
                total = zlib.crc32(block, total)
    return total
