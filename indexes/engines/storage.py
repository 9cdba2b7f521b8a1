"""How an engine may keep its vectors: quantised beside the originals, with which the best are compared again, and spread over a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from indexes.errors import IncompatibleIndexError


class Quantisation(StrEnum):
    """None; a byte a number (a quarter of the memory); codes of groups of numbers (product quantisation: Jégou, Douze and Schmid, IEEE TPAMI 2011; a
    16th, of FAISS's a 32nd); a bit a number (a 32nd). What each finds: docs/retrieval.md."""

    NONE = "none"
    SCALAR = "scalar"
    PRODUCT = "product"
    BINARY = "binary"


OVERSAMPLING = {Quantisation.SCALAR: 1.5, Quantisation.PRODUCT: 4.0, Quantisation.BINARY: 6.0}
"""How many times more candidates are compared again with the original vectors than are asked for; measured by `benchmarks/quantisation.py`."""
QUANTILE = 0.99
"""The share of numbers that a byte tells apart; the rest are its ends."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a new collection lies on a Qdrant server; `None`: as the server does it. `on_disk`: the original vectors are read from the disk."""

    shards: int | None = None
    replicas: int | None = None
    on_disk: bool = False


AS_THE_SERVER_DOES = Spread()


def quantisation_of(name: str) -> Quantisation:
    """The quantisation of that name. Raises `IncompatibleIndexError` where there is none."""
    try:
        return Quantisation(name)
    except ValueError as error:
        raise IncompatibleIndexError(f"There is no quantisation {name!r}. Choose {', '.join(Quantisation)}.") from error
