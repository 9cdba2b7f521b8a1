"""What a GPU gives: abstracts embedded a second, and FAISS on the GPU against FAISS on the processor.

    python benchmarks/gpu.py --data ../shared/data/eval/retrieval --out benchmarks/results/gpu.json [--vectors 1000000 10000000]

Without a GPU the same is measured on the processor, over fewer vectors and abstracts, and the result says so. Results are kept by machine: a run
without a GPU leaves the figures of one with a GPU as they are. What is there is not measured again on the same machine (`--again`: it is).

Vectors are made up from real ones (`made_up.py`). Each approximate index is searched ever more widely until it finds 95% of the ten nearest, or its
widest setting; the codes of IVF-PQ are ranked again by the exact vectors. `one_ms` is a single question, `qps` questions a second in batches of 1000.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from embedding_speed import on_gpu, on_processor
from engines import machine
from made_up import MadeUp

from indexes.embedding import Vectors, load_embedder
from indexes.engines.gpu import cagra_index, gpus, has_cagra
from indexes.engines.nearest import faiss_module

K = 10
WANTED = 0.95
RERANKED = 100  # candidates of IVF-PQ
QUERIES = 1000
_AT_ONCE = 250_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to search: how it is built, and its settings from narrow to wide. `largest`: vectors that it can be waited for."""

    build: Callable[[Any, Vectors], Any]
    widths: tuple[int, ...]
    parameters: Callable[[Any, int], Any]
    gpu: bool = False
    reranked: bool = False
    largest: int = 1 << 40


def _added(index: Any, vectors: Vectors) -> Any:
    for first in range(0, len(vectors), _AT_ONCE):
        index.add(vectors[first : first + _AT_ONCE])
    return index


def _sample(vectors: Vectors, lists: int) -> Vectors:
    chosen = np.random.default_rng(0).choice(len(vectors), min(len(vectors), max(50_000, 50 * lists)), replace=False)
    return vectors[np.sort(chosen)]


def _lists(size: int) -> int:
    return 1 << round(math.log2(4 * math.sqrt(size)))


def _flat(faiss: Any, vectors: Vectors) -> Any:
    return _added(faiss.IndexFlatIP(vectors.shape[1]), vectors)


def _hnsw(faiss: Any, vectors: Vectors) -> Any:
    index = faiss.index_factory(vectors.shape[1], "HNSW32_SQ8", faiss.METRIC_INNER_PRODUCT)
    index.train(_sample(vectors, 0))
    return _added(index, vectors)


def _ivfpq(faiss: Any, vectors: Vectors) -> Any:
    lists, dimension = _lists(len(vectors)), vectors.shape[1]
    index = faiss.index_factory(dimension, f"IVF{lists},PQ{dimension // 4}x4fs", faiss.METRIC_INNER_PRODUCT)
    index.train(_sample(vectors, lists))
    return _added(index, vectors)


def _binary(faiss: Any, vectors: Vectors) -> Any:
    lists = _lists(len(vectors))
    index = faiss.index_factory(vectors.shape[1], f"IVF{lists},RaBitQ", faiss.METRIC_INNER_PRODUCT)
    index.train(_sample(vectors, lists))
    return _added(index, vectors)


def _gpu_flat(faiss: Any, vectors: Vectors) -> Any:
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    index = faiss.GpuIndexFlatIP(faiss.StandardGpuResources(), vectors.shape[1], config)
    return _added(index, vectors)


def _gpu_ivfpq(faiss: Any, vectors: Vectors) -> Any:
    config = faiss.GpuIndexIVFPQConfig()
    config.useFloat16LookupTables = True  # tables for 96 bytes a code do not fit a block's memory otherwise
    lists, dimension = _lists(len(vectors)), vectors.shape[1]
    resources = faiss.StandardGpuResources()
    index = faiss.GpuIndexIVFPQ(resources, dimension, lists, dimension // 4, 8, faiss.METRIC_INNER_PRODUCT, config)
    index.train(_sample(vectors, lists))
    return _added(index, vectors)


def _gpu_cagra(faiss: Any, vectors: Vectors) -> Any:
    return cagra_index(faiss, vectors)


def _nothing(_: Any, __: int) -> None:
    return None


def _probes(faiss: Any, lists: int) -> Any:
    return faiss.SearchParametersIVF(nprobe=lists)


def _nodes(faiss: Any, nodes: int) -> Any:
    return faiss.SearchParametersHNSW(efSearch=nodes)


def _kept(faiss: Any, nodes: int) -> Any:
    parameters = faiss.SearchParametersCagra()
    parameters.itopk_size = nodes
    return parameters


_LISTS, _GRAPH = (16, 32, 64, 128, 256, 512), (32, 64, 128, 256, 512)
CANDIDATES = {
    "flat, processor": Candidate(_flat, (0,), _nothing),
    "HNSW, processor": Candidate(_hnsw, _GRAPH, _nodes, largest=2_000_000),
    "IVF-PQ, processor": Candidate(_ivfpq, _LISTS, _probes, reranked=True),
    "IVF-RaBitQ, processor": Candidate(_binary, _LISTS, _probes, reranked=True),
    "flat fp16, GPU": Candidate(_gpu_flat, (0,), _nothing, gpu=True),
    "IVF-PQ, GPU": Candidate(_gpu_ivfpq, _LISTS, _probes, gpu=True, reranked=True),
    "CAGRA, GPU": Candidate(_gpu_cagra, _GRAPH, _kept, gpu=True),
}


def why_not(name: str, size: int, faiss: Any) -> str | None:
    """Why a candidate is not measured here."""
    candidate = CANDIDATES[name]
    if candidate.gpu and not gpus(faiss):
        return "no GPU that this FAISS can use"
    if name == "CAGRA, GPU" and not has_cagra(faiss):
        return "this FAISS was built without cuVS"
    return f"more than {candidate.largest:,} vectors take it too long" if size > candidate.largest else None


def _exact(faiss: Any, queries: Vectors, vectors: Vectors) -> Any:
    """The ten nearest of each query, all vectors compared."""
    if gpus(faiss):
        return faiss.knn_gpu(faiss.StandardGpuResources(), queries, vectors, K, metric=faiss.METRIC_INNER_PRODUCT)[1]
    return faiss.knn(queries, vectors, K, faiss.METRIC_INNER_PRODUCT)[1]


def _found(candidate: Candidate, index: Any, parameters: Any, queries: Vectors, vectors: Vectors) -> Any:
    """The ten nearest that an index finds."""
    if not candidate.reranked:
        return index.search(queries, K, params=parameters)[1]
    proposed = index.search(queries, RERANKED, params=parameters)[1]
    scores = np.einsum("qd,qkd->qk", queries, vectors[np.maximum(proposed, 0)])
    order = np.argsort(-np.where(proposed < 0, -2.0, scores), axis=1)[:, :K]
    return np.take_along_axis(proposed, order, axis=1)


def search(name: str, faiss: Any, vectors: Vectors, queries: Vectors, truth: Any) -> dict[str, Any]:
    """Build and search one candidate."""
    candidate = CANDIDATES[name]
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    free = _free_gpu_mib() if candidate.gpu else 0.0
    started = time.perf_counter()
    index = candidate.build(faiss, vectors)
    built = time.perf_counter() - started
    memory = free - _free_gpu_mib() if candidate.gpu else _size_mib(faiss, index)
    width, recall, parameters = 0, 0.0, None
    for width in candidate.widths:
        parameters = candidate.parameters(faiss, width)
        found = _found(candidate, index, parameters, queries, vectors)
        recall = float(np.mean([len(set(a) & set(b)) / K for a, b in zip(found.tolist(), truth.tolist(), strict=True)]))
        if recall >= WANTED:
            break
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        _found(candidate, index, parameters, queries, vectors)
        rates.append(len(queries) / (time.perf_counter() - started))
    faiss.omp_set_num_threads(1)
    single = []
    for query in queries[:100]:
        started = time.perf_counter()
        _found(candidate, index, parameters, query[None], vectors)
        single.append((time.perf_counter() - started) * 1000)
    return {
        "build_s": round(built, 2),
        "memory_mib": round(memory, 1),
        "width": width or None,
        "recall": round(recall, 4),
        "one_ms": round(float(np.median(single)), 3),
        "one_p95_ms": round(float(np.percentile(single, 95)), 3),
        "qps": round(float(np.median(rates)), 1),
    }


def _size_mib(faiss: Any, index: Any) -> float:
    """What an index holds, counted as it would be written."""
    sizes: list[int] = []
    writer = faiss.PyCallbackIOWriter(lambda block: sizes.append(len(block)))
    faiss.write_index(index, writer)
    return sum(sizes) / 2**20


def _free_gpu_mib() -> float:
    import torch

    return float(torch.cuda.mem_get_info()[0]) / 2**20


def gpu_name() -> str | None:
    """The first GPU's name; `None` where PyTorch has none."""
    try:
        import torch
    except ImportError:
        return None
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder eval/retrieval of the real data")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file of results")
    parser.add_argument("--vectors", type=int, nargs="+", help="default: 1 and 10 million; without a GPU 100,000")
    parser.add_argument("--abstracts", type=int, help="how many are embedded; default: 4000, without a GPU 40")
    parser.add_argument("--again", action="store_true", help="measure anew what is in the file already")
    options = parser.parse_args()
    gpu, faiss = gpu_name(), faiss_module()
    here = machine() | {"gpu": gpu, "faiss": faiss.__version__}
    name = gpu or f"{here['processor']}, {here['cores']} cores"
    results: dict[str, Any] = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {}
    run = results.setdefault(name, {"machine": here})

    def keep() -> None:
        run["day"] = datetime.now(UTC).date().isoformat()
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")

    if not gpu:
        print("No GPU that PyTorch can use: measuring the processor, over less.", file=sys.stderr)
    embedder = load_embedder()
    corpus = MadeUp(options.data, embedder)
    if "embedding" not in run or options.again:
        print("embedding", file=sys.stderr, flush=True)
        texts = corpus.abstracts(options.abstracts or (4000 if gpu else 40))
        run["abstracts"], run["embedding"] = len(texts), on_gpu(texts) if gpu else on_processor(texts)
        keep()
    queries = np.stack([embedder.embed_query(question) for question in corpus.queries[:QUERIES]])
    for size in sorted(options.vectors or ([1_000_000, 10_000_000] if gpu else [100_000])):
        done = run.setdefault("search", {}).setdefault(str(size), {})
        missing = [each for each in CANDIDATES if each not in done or options.again]
        if not missing:
            continue
        vectors = corpus.vectors(size)
        truth = _exact(faiss, queries, vectors)
        for each in missing:
            print(f"{size:,} {each}", file=sys.stderr, flush=True)
            reason = why_not(each, size, faiss)
            done[each] = {"skipped": reason} if reason else search(each, faiss, vectors, queries, truth)
            keep()


if __name__ == "__main__":
    main()
