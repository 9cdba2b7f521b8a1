"""Sentence vectors, remembered: the sentences of a library's good passages are asked about again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from indexes.embedding import Embedder, Vectors

CAPACITY = 20_000  # about 30 MB at 384 dimensions


class SentenceVectors:
    """Embeds questions and sentences, keeping the sentences most recently used. Safe to share between threads."""

    def __init__(self, embedder: Embedder, capacity: int = CAPACITY) -> None:
        self.embedder = embedder
        self._capacity = capacity
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def question(self, text: str) -> Vectors:
        """A unit vector of shape (dimension,)."""
        return self.embedder.embed_query(text)

    def sentences(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (len(texts), dimension)."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self.embedder.embed_passages(new), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)
        return (
            np.stack([known[text] for text in texts]) if texts else np.zeros((0, self.embedder.dimension), np.float32)
        )
