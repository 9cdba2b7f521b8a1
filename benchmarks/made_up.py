"""A corpus of any size for the engines' benchmarks, the same whenever it is made.

Embedding a million abstracts takes a day on two cores, so only some (`REAL`) are embedded, and kept in a cache. A made-up passage has the title and
the first half of one real abstract and the second half of another; its vector is the first one's, moved by half the difference of two others and
normalised, so that the corpus varies in the directions in which real abstracts do; its sparse vector is that of the two halves. Kinds, years and
facets are drawn at random. Figures on such vectors say how engines compare; recall on real ones of that number may differ.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evals.cache import CachedEmbedder, cache_folder
from indexes.embedding import Embedder, Vectors
from indexes.filters import Filters
from indexes.lexical import SparseVector, encode_passage
from indexes.passage import Facets, Kind, Passage

REAL = 1500  # abstracts that are embedded
BLOCK = 10_000  # passages that are made together
_MOVED = 0.5
FILTER = Filters(kinds=frozenset({Kind.LITERATURE}), year_from=2015)
_MESH = ("humans", "female", "male", "aged", "heart failure", "diabetes mellitus, type 2", "hypertension", "neoplasms")


@dataclass(frozen=True, slots=True)
class Batch:
    """Passages with their vectors."""

    passages: list[Passage]
    dense: Vectors
    sparse: list[SparseVector]


class MadeUp:
    """Passages about real abstracts of SciFact and NFCorpus (`data`: the folder `eval/retrieval`), and the questions of the two."""

    def __init__(self, data: Path, embedder: Embedder) -> None:
        rows = [row for name in ("scifact", "nfcorpus") for row in _lines(data / name / "corpus.jsonl")]
        random.Random(1).shuffle(rows)
        rows = rows[:REAL]
        self.queries = [
            row["text"] for name in ("scifact", "nfcorpus") for row in _lines(data / name / "queries.jsonl")
        ]
        random.Random(2).shuffle(self.queries)
        cached = CachedEmbedder(embedder, cache_folder() / "benchmarks.sqlite")
        self._abstracts = texts = [f"{row['title']}\n{row['text']}" for row in rows]
        self._vectors = np.concatenate([cached.embed_passages(texts[n : n + 50]) for n in range(0, REAL, 50)])
        cached.close()
        self._titles = [row["title"] for row in rows]
        halves = [_halves(row["text"]) for row in rows]
        self._beginnings, self._ends = ([each[which] for each in halves] for which in (0, 1))
        self._of_beginnings = [encode_passage(f"{t}\n{b}") for t, b in zip(self._titles, self._beginnings, strict=True)]
        self._of_ends = [encode_passage(end) for end in self._ends]

    def batches(self, size: int) -> Iterator[Batch]:
        """The first `size` passages of the corpus."""
        for number in range(-(-size // BLOCK)):
            yield self._batch(number * BLOCK, min(BLOCK, size - number * BLOCK))

    def vectors(self, size: int) -> Vectors:
        """The vectors of the first `size` passages."""
        vectors = np.empty((size, self._vectors.shape[1]), np.float32)
        for first in range(0, size, BLOCK):
            draw = np.random.default_rng((7, first))
            vectors[first : first + BLOCK] = self._moved(draw.integers(0, len(self._vectors), (3, BLOCK)))[
                : size - first
            ]
        return vectors

    def abstracts(self, count: int) -> list[str]:
        """Real ones, over and over where there are fewer."""
        return [self._abstracts[number % len(self._abstracts)] for number in range(count)]

    def _moved(self, chosen: Any) -> Vectors:
        one, two, three = chosen
        moved = self._vectors[one] + np.float32(_MOVED) * (self._vectors[two] - self._vectors[three])
        unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
        return unit

    def _batch(self, first: int, count: int) -> Batch:
        draw = np.random.default_rng((7, first))
        chosen = draw.integers(0, len(self._vectors), (3, BLOCK))[:, :count]
        one, two, _ = chosen
        dense = self._moved(chosen)
        kinds = draw.choice(list(Kind), BLOCK, p=[0.03, 0.87, 0.1])[:count]  # guidelines, literature, trials
        years = 2026 - np.floor(draw.exponential(12, BLOCK)).astype(int)[:count]
        mesh = draw.integers(0, len(_MESH), (BLOCK, 3))[:count]
        passages, sparse = [], []
        for row, (a, b) in enumerate(zip(one.tolist(), two.tolist(), strict=True)):
            text = f"{self._beginnings[a]} {self._ends[b]}"
            facets = Facets(publication_types=("Journal Article",), mesh=tuple(_MESH[m] for m in mesh[row]))
            document = f"made-up:{first + row}"
            passages.append(
                Passage(
                    f"{document}#0", document, Kind(kinds[row]), text, 0, len(text), self._titles[a],
                    year=int(years[row]), facets=facets,
                )
            )  # fmt: skip
            sparse.append(_together(self._of_beginnings[a], self._of_ends[b]))
        return Batch(passages, dense, sparse)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _halves(text: str) -> tuple[str, str]:
    words = text.split()
    return " ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])


def _together(one: SparseVector, other: SparseVector) -> SparseVector:
    weights = dict(zip(one.indices, one.values, strict=True)) | dict(zip(other.indices, other.values, strict=True))
    return SparseVector(list(weights), list(weights.values()))
