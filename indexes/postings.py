"""Sparse vectors turned about: for each term the rows that have it. Immutable, in memory or mapped from a folder, merged into larger ones.

Scores are BM25 with the inverse document frequency that Qdrant computes for `Modifier.Idf`: ln(1 + (N - n + 0.5) / (n + 0.5)), N the passages
there are and n those that have the term, whatever the filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.durable import whole_folder
from indexes.lexical import SparseVector

Rows = NDArray[np.int64]
Bits = NDArray[np.bool_]
_AT_ONCE = 4_000_000  # postings that are merged in memory together
_GROUP = 64  # scores whose best stands for them


@dataclass(frozen=True, slots=True)
class Postings:
    """The rows of `terms[i]` are `rows[starts[i]:starts[i + 1]]`, ascending, their weights beside them; so many consecutive rows are `covered`."""

    terms: NDArray[np.uint32]
    starts: NDArray[np.int64]
    rows: NDArray[np.uint32]
    weights: NDArray[np.float32]
    covered: int

    @classmethod
    def of(cls, first_row: int, vectors: Sequence[SparseVector]) -> Postings:
        """The postings of vectors that stand in consecutive rows."""
        lengths = [len(vector.indices) for vector in vectors]
        terms = np.concatenate(
            [np.asarray(vector.indices, np.uint32) for vector in vectors] or [np.zeros(0, np.uint32)]
        )
        weights = np.concatenate(
            [np.asarray(vector.values, np.float32) for vector in vectors] or [np.zeros(0, np.float32)]
        )
        rows = np.repeat(np.arange(first_row, first_row + len(vectors), dtype=np.uint32), lengths)
        return cls(*_grouped(terms, rows, weights), len(vectors))

    def of_term(self, term: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The rows that have the term, and their weights."""
        place = int(np.searchsorted(self.terms, np.uint32(term)))
        if place == len(self.terms) or self.terms[place] != term:
            return self.rows[:0], self.weights[:0]
        span = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.rows[span], self.weights[span]

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Those that `merge` wrote, mapped into memory. Raises `OSError` or `ValueError` where a file is missing or cut off."""
        terms, starts, rows, weights, covered = (
            _mapped(folder / name, dtype)
            for name, dtype in (
                ("terms", np.uint32),
                ("starts", np.int64),
                ("rows", np.uint32),
                ("weights", np.float32),
                ("covered", np.int64),
            )
        )
        whole = len(starts) == len(terms) + 1 and len(covered) == 1 and starts[-1] == len(rows) == len(weights)
        if not whole:
            raise ValueError(f"{folder}: its files do not fit together")
        return cls(terms, starts, rows, weights, int(covered[0]))


def merge(parts: Sequence[Postings], folder: Path | None, live: Bits) -> Postings:
    """One of many, whose rows ascend from part to part, without the rows that are not live; in memory, or written to a folder."""
    covered = sum(part.covered for part in parts)
    if folder is None:
        chunks = list(_merged(parts, live))
        terms, counts, rows, weights = (np.concatenate(column) for column in zip(*chunks, strict=True))
        return Postings(terms, np.append(0, np.cumsum(counts)), rows, weights, covered)
    with whole_folder(folder) as beside, ExitStack() as closing:
        files = [closing.enter_context((beside / name).open("wb")) for name in ("terms", "starts", "rows", "weights")]
        files[1].write(bytes(8))
        end = 0
        for terms, counts, rows, weights in _merged(parts, live):
            starts = end + np.cumsum(counts, dtype=np.int64)
            end = int(starts[-1]) if len(starts) else end
            for file, column in zip(files, (terms, starts, rows, weights), strict=True):
                file.write(column.tobytes())
        (beside / "covered").write_bytes(np.array([covered], np.int64).tobytes())
    return Postings.load(folder)


def joined(parts: tuple[Postings, ...], live: Bits) -> tuple[Postings, ...]:
    """The same postings in few parts, in memory."""
    first = like_sized(parts)
    return (*parts[:first], merge(parts[first:], None, live)) if first + 1 < len(parts) else parts


def like_sized(parts: Sequence[Postings]) -> int:
    """From which part on all should be merged: each with those after it unless it covers more than four times as much.

    So there are few parts, and each passage is moved seldom.
    """
    first = max(0, len(parts) - 1)
    covered = sum(part.covered for part in parts[first:])
    while first and parts[first - 1].covered <= 4 * covered:
        first -= 1
        covered += parts[first].covered
    return first


def best(
    parts: Sequence[Postings], query: SparseVector, limit: int, live: Bits, allowed: Bits | None
) -> tuple[Rows, NDArray[np.float32]]:
    """Rows and scores of the passages that have a term of the query, best first, at most `limit`.

    `live` says of every row whether it still stands, `allowed` whether it passes the filters.
    """
    scores = np.zeros(len(live), np.float32)
    present = int(np.count_nonzero(live))
    gone = present < len(live)
    for term, weight in zip(query.indices, query.values, strict=True):
        found = [part.of_term(term) for part in parts]
        having = sum(int(np.count_nonzero(live[rows])) if gone else len(rows) for rows, _ in found)
        idf = np.log(1 + (present - having + 0.5) / (having + 0.5))
        for rows, weights in found:
            np.add.at(scores, rows, weights * np.float32(idf * weight))  # three times as quick as `scores[rows] +=`
    for bits in (live, allowed):
        if bits is not None:
            scores *= bits
    best_rows = highest(scores, limit)
    best_rows = best_rows[scores[best_rows] > 0]
    return best_rows, scores[best_rows]


def highest(scores: NDArray[np.float32], limit: int) -> Rows:
    """The places of the `limit` highest scores, best first, the lower place first among equals.

    The limit-th best of the maxima of groups is reached by at least `limit` scores, so whatever is below it need not be sorted.
    """
    if limit <= 0:
        return np.zeros(0, np.int64)
    groups = scores[: len(scores) // _GROUP * _GROUP].reshape(_GROUP, -1).max(axis=0)
    if limit < len(groups):
        candidates = np.flatnonzero(scores >= np.partition(groups, len(groups) - limit)[len(groups) - limit])
    else:
        candidates = np.arange(len(scores))
    return candidates[np.argsort(-scores[candidates], kind="stable")[:limit]]


def _grouped(
    terms: NDArray[np.uint32], rows: NDArray[np.uint32], weights: NDArray[np.float32]
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint32], NDArray[np.float32]]:
    order = np.argsort(terms, kind="stable")
    terms = terms[order]
    first = np.flatnonzero(np.concatenate([np.ones(min(1, len(terms)), np.bool_), terms[1:] != terms[:-1]]))
    return terms[first], np.append(first, len(terms)), rows[order], weights[order]


def _merged(parts: Sequence[Postings], live: Bits) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Terms, counts, rows and weights, by ranges of terms that hold about `_AT_ONCE` postings."""
    for low, high in _ranges(parts):
        terms, rows, weights = [], [], []
        for part in parts:
            a, b = np.searchsorted(part.terms, np.array([low, high], np.uint64))
            span = slice(int(part.starts[a]), int(part.starts[b]))
            kept = live[part.rows[span]]
            terms.append(np.repeat(part.terms[a:b], np.diff(part.starts[a : b + 1]))[kept])
            rows.append(part.rows[span][kept])
            weights.append(part.weights[span][kept])
        different, starts, all_rows, all_weights = _grouped(
            np.concatenate(terms), np.concatenate(rows), np.concatenate(weights)
        )
        yield different, np.diff(starts), all_rows, all_weights


def _ranges(parts: Sequence[Postings]) -> Iterator[tuple[int, int]]:
    """Ranges of terms, together all that a 32-bit hash can be. Hashes are spread evenly, and so are their postings, but for the commonest."""
    number = max(1, sum(len(part.rows) for part in parts) // _AT_ONCE)
    bounds = [2**32 * step // number for step in range(number + 1)]
    return pairwise(bounds)


def _mapped(path: Path, dtype: Any) -> NDArray[Any]:
    if path.stat().st_size == 0:
        return np.zeros(0, dtype)
    return np.asarray(np.memmap(path, dtype, mode="r"))
