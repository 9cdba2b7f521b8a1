"""Passages made for tests, and somewhere to put them."""

from __future__ import annotations

import warnings
from itertools import pairwise

from hypothesis import strategies as st
from qdrant_client import QdrantClient

from indexes.engines.qdrant import QdrantEngine
from indexes.filters import Filters
from indexes.passage import OLDEST, YOUNGEST, Facets, Kind, Part, Passage, Role, Sex, Status

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
        Part(
            a,
            b,
            draw(st.sampled_from(Role)),
            draw(st.text(max_size=8)),
            *(draw(st.none() | st.text(max_size=4)) for _ in range(4)),
        )
        for a, b in pairwise(cuts)
    )


AGES = [0.5, 17.0, 17.9973, 18.0, 65.0]
_words = st.sampled_from(
    ["Heart Failure", "heart  failure", "Côte d'Ivoire", "Straße", "Lipids, Low-Density", "NOT_YET", "x"]
)
_facets = st.builds(
    Facets,
    publication_types=st.lists(_words, max_size=2).map(tuple),
    mesh=st.lists(_words, max_size=3).map(tuple),
    trial_status=st.just("") | _words,
    phases=st.lists(st.sampled_from(["PHASE1", "PHASE2", "NA", "EARLY_PHASE1"]), max_size=2).map(tuple),
    sex=st.none() | st.sampled_from(Sex),
    min_age=st.none() | st.sampled_from([YOUNGEST, *AGES]),
    max_age=st.none() | st.sampled_from([*AGES, OLDEST]),
    countries=st.lists(_words, max_size=2).map(tuple),
    conditions=st.lists(_words, max_size=2).map(tuple),
)


@st.composite
def any_filters(draw: st.DrawFn) -> Filters:
    """A few conditions at once, so that some passages pass."""
    year, some = st.integers(1997, 2004), st.frozensets(_words, min_size=1, max_size=2)
    sorts: dict[str, st.SearchStrategy[object]] = {
        "kinds": st.frozensets(st.sampled_from(Kind), max_size=2),
        "year_from": year,
        "year_to": year,
        "document_ids": st.frozensets(st.sampled_from(["doc:0", "doc:1", "doc:9"]), max_size=2),
        "evidence_levels": st.frozensets(st.sampled_from(["unknown", "guideline", "1"]), max_size=2),
        "statuses": st.frozensets(st.sampled_from(Status), max_size=4),
        "languages": st.frozensets(st.sampled_from(["en", "fr", "de"]), max_size=2),
        "phases": st.frozensets(st.sampled_from(["1", "Phase II", "na", "phase 4"]), max_size=2),
        "age": st.sampled_from([*AGES, 0, 30, 90]),
        "sex": st.sampled_from(Sex),
        **dict.fromkeys(["publication_types", "mesh", "trial_statuses", "countries", "conditions"], some),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(sorts)), max_size=3))
    return Filters(**{name: draw(sorts[name]) for name in sorted(chosen)})  # type: ignore[arg-type]


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
        facets=draw(_facets),
    )
