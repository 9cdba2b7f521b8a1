"""What a GPU does for an approximate index: it builds it. What it built is searched on the processor, with any filter, on any machine."""

from __future__ import annotations

from typing import Any

from indexes.embedding import Vectors

GRAPH_DEGREE = 64  # neighbours a node: as many as the lowest layer of HNSW32 has


def gpus(faiss: Any) -> int:
    """How many GPUs FAISS can use: none with `faiss-cpu`, or where no driver is."""
    return int(faiss.get_num_gpus()) if hasattr(faiss, "StandardGpuResources") else 0


def has_cagra(faiss: Any) -> bool:
    """Whether graphs can be built on the GPU: FAISS must have been built with NVIDIA cuVS."""
    return gpus(faiss) > 0 and hasattr(faiss, "GpuIndexCagra") and "CUVS" in faiss.get_compile_options()


def cagra_index(faiss: Any, vectors: Vectors) -> Any:
    """A graph on the GPU by CAGRA (Ootomo et al., ICDE 2024)."""
    settings = faiss.GpuIndexCagraConfig()
    settings.graph_degree = GRAPH_DEGREE
    settings.intermediate_graph_degree = 2 * GRAPH_DEGREE
    index = faiss.GpuIndexCagra(faiss.StandardGpuResources(), vectors.shape[1], faiss.METRIC_INNER_PRODUCT, settings)
    index.train(vectors)
    return index


def hnsw_by_cagra(faiss: Any, vectors: Vectors) -> Any:
    """The same graph turned into HNSW: it takes further vectors, and keeps them in float32."""
    graph = faiss.IndexHNSWCagra(vectors.shape[1], GRAPH_DEGREE // 2, faiss.METRIC_INNER_PRODUCT)
    graph.base_level_only = False
    cagra_index(faiss, vectors).copyTo(graph)
    return graph


def train(faiss: Any, index: Any, sample: Vectors) -> None:
    """Train an index of inverted lists, k-means on all GPUs there are."""
    lists, clusters = faiss.extract_index_ivf(index), faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(index.d))
    lists.clustering_index = clusters  # the index does not keep it alive: the name above does
    index.train(sample)
    lists.clustering_index = None
