"""Citewell in LlamaIndex pipelines: a retriever, an embedding and a node postprocessor. Needs the `llama-index` extra."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from indexes import fusion
from indexes.embedding import Embedder
from indexes.errors import ModelMissingError
from indexes.filters import Filters
from indexes.passage import Hit
from indexes.reranking import Reranker
from indexes.searcher import Mode, Searcher

try:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import Field, PrivateAttr
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import (
        MetadataMode,
        NodeRelationship,
        NodeWithScore,
        QueryBundle,
        RelatedNodeInfo,
        TextNode,
    )
except ImportError as error:
    raise ModelMissingError("LlamaIndex is not installed: pip install 'citewell[llama-index]'.") from error

_FOR_READERS = (
    "title",
    "section",
    "year",
    "url",
)  # what a language model is told beside the text; all else is for programs
_FOR_EMBEDDERS = ("title", "section")


class CitewellRetriever(BaseRetriever):
    """Retrieves passages as nodes: `node.text` is the source's own words, `start_char_idx` and `end_char_idx` their place in the document.

    The node's id is the passage's, its source node the document. `score` is the total that the searcher orders by; each part of it stands in the
    metadata as `score_<part>` where there is one. Trials that are closed to the patient described (`score_open_to_patient` is false) stand last.
    """

    def __init__(
        self,
        searcher: Searcher,
        *,
        k: int = 10,
        filters: Filters | None = None,
        mode: Mode = Mode.BLEND,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._searcher = searcher
        self._k = k
        self._filters = filters
        self._mode = mode

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._searcher.search(query_bundle.query_str, self._k, self._filters, self._mode)
        return [as_node(hit) for hit in hits]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class CitewellEmbedding(BaseEmbedding):
    """An `Embedder` for LlamaIndex: queries get the query's prefix, texts the passage's."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **options: Any) -> None:
        super().__init__(model_name=embedder.name, **options)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex keeps it."""
        return "CitewellEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(x) for x in self._embedder.embed_query(query)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in vector] for vector in self._embedder.embed_passages(texts)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)


class CitewellRerank(BaseNodePostprocessor):
    """Blends what a `Reranker` says into the scores of nodes, and keeps the best.

    Both scores are scaled to [0, 1] over these nodes; `weight` is the reranker's share. Its logit stands in the metadata as `score_reranker`.
    """

    top_n: int = Field(default=10, ge=1)
    weight: float = Field(default=0.3, ge=0, le=1)
    _reranker: Reranker = PrivateAttr()

    def __init__(self, reranker: Reranker, **options: Any) -> None:
        super().__init__(**options)
        self._reranker = reranker

    @classmethod
    def class_name(cls) -> str:
        """The name under which LlamaIndex keeps it."""
        return "CitewellRerank"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("CitewellRerank reads query and text together: give postprocess_nodes a query.")
        logits = self._reranker.score(query_bundle.query_str, [node.get_content(MetadataMode.NONE) for node in nodes])
        reranked = _scaled(logits)
        before = _scaled([node.score or 0.0 for node in nodes])
        scores = [self.weight * new + (1 - self.weight) * old for new, old in zip(reranked, before, strict=True)]
        best = sorted(range(len(nodes)), key=lambda row: -scores[row])[: self.top_n]
        return [_scored(nodes[row], scores[row], logits[row]) for row in best]


def as_node(hit: Hit) -> NodeWithScore:
    """A hit as LlamaIndex has it."""
    passage = hit.passage
    told: dict[str, Any] = {
        "document_id": passage.document_id,
        "title": passage.title,
        "section": " > ".join(passage.section),
        "kind": str(passage.kind),
        "year": passage.year,
        "evidence_level": passage.evidence_level,
        "status": str(passage.status),
        "url": passage.url,
        "page": passage.page,
        "language": passage.language,
    }
    told |= {f"score_{part}": score for part, score in asdict(hit.scores).items()}
    metadata = {name: value for name, value in told.items() if value not in (None, "")}
    node = TextNode(
        id_=passage.passage_id,
        text=passage.text,
        metadata=metadata,
        excluded_llm_metadata_keys=[name for name in metadata if name not in _FOR_READERS],
        excluded_embed_metadata_keys=[name for name in metadata if name not in _FOR_EMBEDDERS],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.document_id)},
        start_char_idx=passage.start,
        end_char_idx=passage.end,
    )
    return NodeWithScore(node=node, score=hit.scores.total)


def _scaled(scores: Sequence[float]) -> list[float]:
    return list(fusion.min_max({str(row): score for row, score in enumerate(scores)}).values())


def _scored(node: NodeWithScore, score: float, logit: float) -> NodeWithScore:
    own = node.node.model_copy(deep=True)
    own.metadata["score_reranker"] = logit
    own.excluded_llm_metadata_keys.append("score_reranker")
    own.excluded_embed_metadata_keys.append("score_reranker")
    return NodeWithScore(node=own, score=score)
