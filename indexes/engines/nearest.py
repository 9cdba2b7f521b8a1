"""Approximate nearest neighbours by FAISS: which index for how many vectors, built on a GPU where there is one, searched with any filter.

An index here only proposes candidates; the engine ranks them by the exact vectors, which lie on disk. So the codes in memory may be rough:
one byte a dimension (`hnsw`), half a byte for four dimensions (`ivfpq`), one bit a dimension (`binary`: RaBitQ, Gao and Long, SIGMOD 2024).
"""

from __future__ import annotations

import math
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.durable import whole_folder
from indexes.embedding import Vectors
from indexes.engines import gpu
from indexes.errors import ModelMissingError

Rows = NDArray[np.int64]
Bits = NDArray[np.bool_]
_AT_ONCE = 65_536  # vectors that are read, added or checked together
_TRAINED = 50_000  # vectors that an index learns from, at least
_A_LIST = 50  # vectors that a list is learnt from: FAISS asks for 39
_CANDIDATES = 1000  # more than these are not proposed for the sake of the exact ranking alone
_NODES = 512  # of a graph that are kept in view, at least
_NODES_PER = 250  # vectors, where that makes more: the larger the graph, the easier a near one is missed
_BUILT, _BUILT_MOST = (
    160,
    400,
)  # likewise while it is built: with FAISS's 40, too much of a million is not found again …
_BUILT_PER = 1000  # … nor with 160: what a graph has missed, no wider view of it finds
_LISTS = 256  # that are looked through
_OPEN = 0.2  # the share of the rows allowed from which on a filter needs no wider search


def faiss_module() -> Any:
    """The `faiss` package. Raises `ModelMissingError` with the mend where it is not installed."""
    try:
        import faiss
    except ImportError as error:
        raise ModelMissingError(
            "The FAISS engine needs faiss: pip install 'citewell[faiss]', or 'citewell[gpu]' on a machine with an NVIDIA GPU."
        ) from error
    return faiss


def _lists(size: int) -> int:
    """Inverted lists for so many vectors: 4 times the root, as a power of two, as FAISS's guidelines have it."""
    return 1 << max(0, round(math.log2(4 * math.sqrt(size))))


INDEX_TYPES = {"hnsw": "HNSW32_SQ8", "ivfpq": "IVF{lists},PQ{quarter}x4fs", "binary": "IVF{lists},RaBitQ"}
"""FAISS's factory strings; `quarter` is a fourth of the dimension."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """An index over the vectors of `rows`, which ascend."""

    index_type: str
    index: Any
    rows: Rows

    def search(self, query: Vectors, limit: int, allowed: Bits | None) -> Rows:
        """Rows that are probably among the `limit` nearest of those allowed; `allowed` says of every row whether it is, `None` all."""
        faiss = faiss_module()
        selector, wider = None, 1.0
        if allowed is not None:
            among = allowed[self.rows]
            wider = max(1.0, _OPEN * len(among) / max(1, int(np.count_nonzero(among))))
            selector = faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))
        wanted = min(max(limit, min(20 * limit, _CANDIDATES)), len(self.rows))
        if self.index_type == "hnsw":
            nodes = math.ceil(max(_NODES, wanted, len(self.rows) // _NODES_PER) * wider)
            parameters = faiss.SearchParametersHNSW(sel=selector, efSearch=nodes)
        else:
            lists = min(self.index.nlist, math.ceil(_LISTS * wider))
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=lists)
        _, places = self.index.search(query.reshape(1, -1), wanted, params=parameters)
        proposed: Rows = self.rows[places[0][places[0] >= 0]]
        return proposed

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
            try:
                faiss.write_index(self.index, str(beside / "index"))
            except RuntimeError as error:  # how FAISS says that the disk is full
                raise OSError(str(error)) from error
            (beside / "rows").write_bytes(self.rows.tobytes())
            return _checksum(beside)

    @classmethod
    def load(cls, index_type: str, folder: Path, checksum: int, vectors: Vectors) -> Nearest:
        """What `save` wrote of rows of these vectors. Raises `OSError` or `ValueError` where it is missing or other than it was.

        The rows are looked up by FAISS, which checks nothing: of rows that there are not, it would read what lies in memory.
        """
        if _checksum(folder) != checksum:
            raise ValueError(f"{folder} is not as it was written")
        rows = np.fromfile(folder / "rows", np.int64)
        index = faiss_module().read_index(str(folder / "index"))
        ascending = len(rows) > 0 and rows[0] >= 0 and rows[-1] < len(vectors) and bool((rows[1:] > rows[:-1]).all())
        ours = hasattr(index, "hnsw" if index_type == "hnsw" else "nlist")
        if not (ascending and ours and len(rows) == index.ntotal and index.d == vectors.shape[1]):
            raise ValueError(f"{folder} is no {index_type} index of the vectors beside it")
        return cls(index_type, index, rows)


def build(index_type: str, vectors: Vectors, rows: Rows) -> Nearest:
    """An index of that type over those rows of `vectors`, which are unit vectors; inner products compare them."""
    faiss = faiss_module()
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    if index_type == "hnsw" and gpu.has_cagra(faiss):
        return Nearest(index_type, gpu.hnsw_by_cagra(faiss, np.ascontiguousarray(vectors[rows])), rows)
    dimension, lists = vectors.shape[1], _lists(len(rows))
    factory = INDEX_TYPES[index_type].format(lists=lists, quarter=dimension // 4)
    index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    if index_type == "hnsw":
        index.hnsw.efConstruction = min(_BUILT_MOST, max(_BUILT, len(rows) // _BUILT_PER))
    chosen = np.random.default_rng(0).permutation(rows)[: max(_TRAINED, _A_LIST * lists)]
    sample = np.ascontiguousarray(vectors[np.sort(chosen)])
    if index_type != "hnsw" and gpu.gpus(faiss):
        gpu.train(faiss, index, sample)
    else:
        index.train(sample)
    return Nearest(index_type, index, rows[:0]).extended(vectors, rows)


def _checksum(folder: Path) -> int:
    total = 0
    for name in ("index", "rows"):
        with (folder / name).open("rb") as file:
            while block := file.read(1 << 20):
                total = zlib.crc32(block, total)
    return total
