"""Passages made for tests, and somewhere to put them."""

from __future__ import annotations

import warnings
from itertools import pairwise

from hypothesis import strategies as st
from qdrant_client import QdrantClient

from indexes.engines.qdrant import QdrantEngine
from indexes.passage import Kind, Part, Passage, Role, Status

DIMENSION = 32


def local_engine(client: QdrantClient | None = None) -> QdrantEngine:
    """The server engine on the client's own imitation of a server."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Payload indexes have no effect", UserWarning)
        return QdrantEngine(client or QdrantClient(":memory:"), "test", dimension=DIMENSION)


def make_passage(number: int, text: str, kind: Kind = Kind.LITERATURE, year: int | None = 2020) -> Passage:
    """A passage of a document of its own; `number` names both."""
    return Passage(f"doc:{number}#0", f"doc:{number}", kind, text, 0, len(text), title="", year=year)


@st.composite
def _parts(draw: st.DrawFn, length: int) -> tuple[Part, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=4)))
    return tuple(
        Part(a, b, draw(st.sampled_from(Role)), draw(st.text(max_size=8)), draw(st.none() | st.text(max_size=4)))
        for a, b in pairwise(cuts)
    )


@st.composite
def any_passage(draw: st.DrawFn) -> Passage:
    """Any passage at all; few documents, kinds and years, so that filters find some of them."""
    number = draw(st.integers(0, 4))
    text = draw(st.sampled_from(["Aspirin", "IL-6 of adults"]) | st.text(min_size=1, max_size=40))
    start = draw(st.integers(0, 10_000))
    return Passage(
        passage_id=f"doc:{number}#{draw(st.integers(0, 3))}",
        document_id=f"doc:{number}",
        kind=draw(st.sampled_from(Kind)),
        text=text,
        start=start,
        end=start + len(text),
        title=draw(st.text(max_size=20)),
        section=tuple(draw(st.lists(st.text(max_size=8), max_size=3))),
        parts=draw(_parts(len(text))),
        year=draw(st.none() | st.integers(1998, 2003)),
        evidence_level=draw(st.sampled_from(["unknown", "guideline", "rct"])),
        status=draw(st.sampled_from(Status)),
        url=draw(st.sampled_from(["", "https://example.org/ü"])),
        page=draw(st.none() | st.integers(1, 400)),
        language=draw(st.sampled_from(["en", "fr"])),
    )
