"""An embedder that is loaded when it is first asked anything: a command whose library another process holds need not wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from indexes.embedding import Embedder, Vectors, load_embedder
from indexes.model_spec import Access


class DeferredEmbedder:
    """The embedder of a spec. Whatever is asked of it raises what `load_embedder` raises."""

    def __init__(self, spec: str, access: Access) -> None:
        self.spec = spec
        self._access = access

    @cached_property
    def _embedder(self) -> Embedder:
        return load_embedder(self.spec, self._access)

    @property
    def name(self) -> str:
        """Model and weights."""
        return self._embedder.name

    @property
    def dimension(self) -> int:
        """Of its vectors."""
        return self._embedder.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension)."""
        return self._embedder.embed_passages(texts)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,)."""
        return self._embedder.embed_query(text)
