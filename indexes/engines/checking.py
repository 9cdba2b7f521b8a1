"""What every engine asks of what it is given, before anything is written or looked for."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from indexes.embedding import Vectors
from indexes.errors import UnusableInputError, UnusableQueryError
from indexes.lexical import SparseVector
from indexes.passage import Passage

_MEND = "Look at what the embedder gives: the model's files, or the server that CITEWELL_EMBEDDER names."


def check_batch(passages: Sequence[Passage], dense: Vectors, sparse: Sequence[SparseVector], dimension: int) -> None:
    """Raises `UnusableInputError` unless there is a vector of each sort for each passage, and each can be stored; nothing may be stored then."""
    if not len(passages) == len(dense) == len(sparse):
        raise UnusableInputError(
            f"{len(passages)} passages came with {len(dense)} dense and {len(sparse)} sparse vectors; each needs one of both. {_MEND}"
        )
    if not passages:
        return
    if dense.shape != (len(passages), dimension):
        raise UnusableInputError(
            f"The vectors are of shape {dense.shape[1:]}, the index holds {dimension} numbers each. {_MEND}"
        )
    fault = _fault(dense)
    if fault.any():
        worst = passages[int(fault.argmax())].passage_id
        raise UnusableInputError(f"The vector of {worst} is not finite or is zero, and was not stored. {_MEND}")
    for passage, terms in zip(passages, sparse, strict=True):
        if len(terms.indices) != len(terms.values) or not np.isfinite(terms.values).all():
            raise UnusableInputError(f"The lexical weights of {passage.passage_id} are not finite numbers, one a term.")


def check_query(vector: Vectors, limit: int, dimension: int) -> None:
    """Raises `UnusableInputError` unless this vector can be looked for and at least one passage is wanted."""
    check_limit(limit)
    if vector.shape != (dimension,):
        raise UnusableInputError(
            f"The query's vector is of shape {vector.shape}, the index holds {dimension} numbers each. {_MEND}"
        )
    if _fault(vector[None]).any():
        raise UnusableInputError(f"The query's vector is not finite or is zero. {_MEND}")


def check_limit(limit: int) -> None:
    """Raises `UnusableQueryError` unless at least one passage is wanted, in a whole number; of more than there are, all are given."""
    if not isinstance(limit, Integral) or limit < 1:
        raise UnusableQueryError(f"{limit!r} passages were asked for. Ask for a whole number of them, one at least.")


def _fault(vectors: Vectors) -> NDArray[np.bool_]:
    """Of each vector, whether its direction cannot be told."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths: NDArray[np.float64] = np.linalg.norm(vectors.astype(np.float64), axis=1)
    faulty: NDArray[np.bool_] = ~np.isfinite(lengths) | (lengths == 0)
    return faulty
