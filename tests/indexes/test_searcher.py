"""The one entry to search: every way of ranking, whatever the library holds and whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hashed_embedder import HashedEmbedder
from passages import DIMENSION, make_passage

from indexes.embedding import Vectors, load_embedder
from indexes.engines import Engine, point_id
from indexes.engines.edge import EdgeEngine
from indexes.errors import UnusableQueryError
from indexes.filters import Filters
from indexes.passage import Facets, Kind, Passage, Sex, Status
from indexes.queries import QueryKind
from indexes.ranking import Ranking
from indexes.searcher import Mode, Searcher

LIBRARY = [
    make_passage(1, "Aspirin prevents stroke", Kind.LITERATURE, 2001),
    make_passage(2, "Offer a statin for primary prevention", Kind.GUIDELINE, 2023),
    make_passage(3, "Adults with raised IL-6 and HbA1c of 7.5%", Kind.TRIAL, 2020),
    make_passage(4, "Colonoscopy finds adenomas", Kind.LITERATURE, None),
    make_passage(5, "Aspirin and statin together", Kind.TRIAL, 2010),
]
MODES = pytest.mark.parametrize("mode", list(Mode))


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    with closing(EdgeEngine.open(tmp_path / "library", dimension=DIMENSION)) as engine:
        yield Searcher(engine, HashedEmbedder(dimension=DIMENSION))


@pytest.fixture
def filled(searcher: Searcher) -> Searcher:
    searcher.index(LIBRARY)
    return searcher


def ids(
    searcher: Searcher, query: str, k: int = 10, filters: Filters | None = None, mode: Mode = Mode.BLEND
) -> list[str]:
    return [hit.passage.document_id for hit in searcher.search(query, k, filters, mode)]


@MODES
def test_the_passage_that_says_it_comes_first(filled: Searcher, mode: Mode) -> None:
    assert ids(filled, "Colonoscopy finds adenomas", mode=mode)[0] == "doc:4"
    assert ids(filled, "il-6", mode=mode, k=1) == ["doc:3"] or mode is Mode.DENSE


@MODES
def test_scores_fall_and_are_kept_by_part(filled: Searcher, mode: Mode) -> None:
    hits = filled.search("aspirin statin", mode=mode)
    totals = [hit.scores.total for hit in hits]
    assert totals == sorted(totals, reverse=True)
    assert all(0 <= hit.scores.fused <= 1 for hit in hits)
    assert all((hit.scores.dense is None) == (mode is Mode.BM25) for hit in hits)
    for hit in hits:
        said = any(word in hit.passage.text.lower() for word in ("aspirin", "statin"))
        assert (hit.scores.lexical is not None) == (said and mode is not Mode.DENSE)


@MODES
def test_an_empty_index_finds_nothing(searcher: Searcher, mode: Mode) -> None:
    searcher.index([])
    assert searcher.search("aspirin", mode=mode) == []


@MODES
def test_more_hits_than_there_are_give_each_passage_once(filled: Searcher, mode: Mode) -> None:
    found = ids(filled, "aspirin", k=5000, mode=mode)
    assert len(found) == len(set(found))
    assert set(found) == ({"doc:1", "doc:5"} if mode is Mode.BM25 else {f"doc:{n}" for n in range(1, 6)})


def test_unknown_words_are_found_by_meaning_only(filled: Searcher) -> None:
    assert ids(filled, "zzyzx qwrtp", mode=Mode.BM25) == []
    hits = filled.search("zzyzx qwrtp")
    assert len(hits) == len(LIBRARY)
    assert all(hit.scores.lexical is None for hit in hits)


@MODES
def test_equal_scores_always_stand_in_the_same_order(tmp_path: Path, mode: Mode) -> None:
    twins = [make_passage(number, "Aspirin prevents stroke") for number in range(30)]
    rankings = []
    for name, passages in (("forwards", twins), ("backwards", twins[::-1])):
        with closing(EdgeEngine.open(tmp_path / name, dimension=DIMENSION)) as engine:
            searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
            searcher.index(passages)
            rankings += [ids(searcher, "aspirin", mode=mode) for _ in range(2)]
    assert all(ranking == rankings[0] for ranking in rankings)


@MODES
@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(kinds=frozenset({Kind.TRIAL})), {"doc:3", "doc:5"}),
        (Filters(year_from=2010, year_to=2020), {"doc:3", "doc:5"}),
        (Filters(kinds=frozenset({Kind.TRIAL}), year_from=2011), {"doc:3"}),
        (Filters(year_to=2001), {"doc:1"}),
        (Filters(kinds=frozenset({Kind.GUIDELINE}), year_to=2000), set()),
    ],
)
def test_filters_hold_in_every_mode(filled: Searcher, mode: Mode, filters: Filters, allowed: set[str]) -> None:
    assert set(ids(filled, "aspirin statin il-6", filters=filters, mode=mode)) == allowed


def test_a_passage_indexed_again_is_found_by_its_new_words_only(filled: Searcher) -> None:
    filled.index([make_passage(4, "Mammography finds carcinomas")])
    assert ids(filled, "colonoscopy", mode=Mode.BM25) == []
    assert ids(filled, "mammography", mode=Mode.BM25) == ["doc:4"]


def test_title_and_headings_are_searched_though_never_quoted(searcher: Searcher) -> None:
    titled = make_passage(1, "Offer one tablet daily.")
    titled = type(titled).from_payload({**titled.to_payload(), "title": "Gout", "section": ["Colchicine"]})
    searcher.index([titled])
    assert ids(searcher, "gout", mode=Mode.BM25) == ids(searcher, "colchicine", mode=Mode.BM25) == ["doc:1"]


@MODES
def test_every_engine_ranks_alike(engine: Engine, filled: Searcher, mode: Mode) -> None:
    other = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
    other.index(LIBRARY)
    for query in ("aspirin for stroke", "statin", "HbA1c of adults"):
        assert ids(other, query, mode=mode) == ids(filled, query, mode=mode)


def test_with_the_real_embedder_meaning_counts_where_words_fail(tmp_path: Path) -> None:
    embedder = load_embedder()
    with closing(EdgeEngine.open(tmp_path / "index", dimension=embedder.dimension)) as engine:
        searcher = Searcher(engine, embedder)
        searcher.index([*LIBRARY, make_passage(6, "Acetylsalicylic acid reduces recurrent myocardial infarction")])
        assert ids(searcher, "second heart attack", mode=Mode.BM25) == []
        assert ids(searcher, "second heart attack")[0] == "doc:6"


def test_a_million_gives_what_there_is_and_less_than_one_is_refused(filled: Searcher) -> None:
    everything = filled.search("aspirin", 1_000_000)
    assert len(everything) == filled.engine.count()
    for k in (0, -1):
        with pytest.raises(UnusableQueryError, match=f"{k} passages were asked for"):
            filled.search("aspirin", k)


@MODES
@pytest.mark.parametrize("query", ["", " \n", "of the and", "Is it?", "???"])
def test_a_query_that_names_nothing_is_refused_and_not_answered_with_what_is_near(
    filled: Searcher, mode: Mode, query: str
) -> None:
    with pytest.raises(UnusableQueryError, match="names no drug, condition or test"):
        filled.search(query, 3, mode=mode)


@pytest.mark.parametrize("query", ["高血压", "12", "β", "zzyzx", "of the gout"])
def test_any_word_that_says_something_is_looked_for(filled: Searcher, query: str) -> None:
    assert filled.search(query, 3)


def test_half_a_character_is_named_and_the_embedder_is_not_blamed(filled: Searcher) -> None:
    with pytest.raises(UnusableQueryError, match=r"half a character in it .U\+D83D, character 9") as refused:
        filled.search("aspirin \ud83d stroke")
    assert "aspirin" not in str(refused.value)


def test_a_mode_or_a_number_that_is_none_is_named_with_what_may_be(filled: Searcher) -> None:
    with pytest.raises(UnusableQueryError, match=r"no mode 'foo'\. Choose one of: blend, rrf, dense, bm25"):
        filled.search("aspirin", mode="foo")  # type: ignore[arg-type]
    with pytest.raises(UnusableQueryError, match=r"1\.5 passages were asked for. Ask for a whole number"):
        filled.search("aspirin", 1.5)  # type: ignore[arg-type]
    with pytest.raises(UnusableQueryError, match="0 passages were asked for"):
        filled.search("aspirin", quotas={Kind.TRIAL: 0})
    named = filled.search("aspirin", mode="bm25")  # type: ignore[arg-type]
    assert named == filled.search("aspirin", mode=Mode.BM25)


# The product's own ranking: evidence prior, patients, reranker, grouping, quotas, related words


def searching(tmp_path: Path, passages: list[Passage], **how: Any) -> Searcher:
    searcher = Searcher(
        EdgeEngine.open(tmp_path / "ranked", dimension=DIMENSION), HashedEmbedder(dimension=DIMENSION), **how
    )
    searcher.index(passages)
    return searcher


def test_of_equally_relevant_passages_the_stronger_evidence_comes_first(tmp_path: Path) -> None:
    weak, strong, retracted = (
        replace(make_passage(number, "Aspirin prevents stroke"), evidence_level=level, status=status)
        for number, level, status in ((1, "5", Status.CURRENT), (2, "1", Status.CURRENT), (3, "1", Status.RETRACTED))
    )
    passages = [weak, strong, retracted]
    with closing(searching(tmp_path, passages).engine) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        assert ids(searcher, "aspirin") == ["doc:2", "doc:1", "doc:3"]
        assert ids(searcher, "aspirin", k=1) == ["doc:2"]
        unweighed = Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=Ranking(prior_weight=0))
        assert ids(unweighed, "aspirin") == sorted(("doc:1", "doc:2", "doc:3"), key=lambda each: point_id(f"{each}#0"))


def test_the_prior_never_hides_relevance(tmp_path: Path) -> None:
    relevant = replace(make_passage(1, "Aspirin prevents stroke", year=1980), evidence_level="5")
    others = [replace(make_passage(n, f"Statins lower cholesterol {n}"), evidence_level="1") for n in range(2, 9)]
    with closing(searching(tmp_path, [relevant, *others]).engine) as engine:
        hit = Searcher(engine, HashedEmbedder(dimension=DIMENSION)).search("aspirin prevents stroke", k=1)[0]
    assert hit.passage == relevant
    assert hit.scores.prior is not None
    assert hit.scores.total == pytest.approx(hit.scores.fused + 0.05 * hit.scores.prior)


def trial(number: int, **facets: Any) -> Passage:
    return replace(make_passage(number, "Heart failure trial of aspirin", Kind.TRIAL), facets=Facets(**facets))


def test_trials_closed_to_the_patient_described_stand_behind_the_open_ones(tmp_path: Path) -> None:
    passages = [
        trial(1, sex=Sex.MALE, min_age=18.0, max_age=200.0),
        trial(2, sex=Sex.ALL, min_age=0.0, max_age=17.0),
        trial(3, sex=Sex.ALL, min_age=18.0, max_age=200.0),
        make_passage(4, "Heart failure trial of aspirin"),
    ]
    described = (
        "A 62-year-old woman with heart failure presents to the clinic with dyspnea on exertion. "
        "She takes aspirin and has no history of stroke."
    )
    with closing(searching(tmp_path, passages).engine) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        found = {hit.passage.document_id: hit.scores.open_to_patient for hit in searcher.search(described)}
        assert found == {"doc:3": True, "doc:4": None, "doc:1": False, "doc:2": False}
        assert set(list(found)[:2]) == {"doc:3", "doc:4"}
        assert all(hit.scores.open_to_patient is None for hit in searcher.search("heart failure aspirin"))


class Backwards:
    """A reranker that likes short texts."""

    name = "backwards"

    def score(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        return [-float(len(text)) for text in texts]


def test_a_reranker_moves_what_was_found_and_its_logit_is_shown(tmp_path: Path) -> None:
    passages = [make_passage(n, "Aspirin prevents stroke" + " in adults" * n) for n in range(6)]
    with closing(searching(tmp_path, passages).engine) as engine:
        all_in = Ranking(reranked=3, reranker_weight=1, prior_weight=0)
        plain = ids(Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=all_in), "aspirin in adults")
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=all_in, reranker=Backwards())
        hits = searcher.search("aspirin in adults")
        assert [hit.passage.document_id for hit in hits[:3]] == sorted(plain[:3])
        assert [hit.passage.document_id for hit in hits[3:]] == plain[3:], "only the best are read"
        assert [hit.scores.reranker is None for hit in hits] == [False] * 3 + [True] * 3
        blind = Ranking(reranked=3, reranker_weight=0, prior_weight=0)
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=blind, reranker=Backwards())
        assert ids(searcher, "aspirin in adults") == plain


class Numbered:
    """An embedder to which a text is as near to the query as the number that it begins with is small."""

    name = "numbered"
    dimension = DIMENSION

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        vectors[:, 0] = [1 - int(text.split()[0]) / 100 for text in texts]
        vectors[:, 1] = np.sqrt(1 - vectors[:, 0] ** 2)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        vector: Vectors = self.embed_passages(["0"])[0]
        return vector


def test_fewer_hits_are_the_first_of_more(tmp_path: Path) -> None:
    """Also where strong evidence lies just below what a reranker has moved down."""
    passages = [
        replace(
            make_passage(n, f"{n}" + " words" * (n in range(1, 8))),
            evidence_level="1",
            status=Status.RETRACTED if n < 13 else Status.CURRENT,
        )
        for n in range(60)
    ]
    ranking = Ranking(dense_weights=dict.fromkeys(QueryKind, 1.0), reranked=8, reranker_weight=1, prior_weight=0.2)
    with closing(EdgeEngine.open(tmp_path / "numbered", dimension=DIMENSION)) as engine:
        searcher = Searcher(engine, Numbered(), ranking=ranking, reranker=Backwards())
        searcher.index(passages)
        everything = ids(searcher, "aspirin", k=100)
        assert len(everything) == 60
        for k in range(1, 60):
            assert ids(searcher, "aspirin", k=k) == everything[:k]


def test_one_long_document_does_not_keep_the_others_out(tmp_path: Path) -> None:
    long = [replace(make_passage(1, "Aspirin prevents stroke"), passage_id=f"doc:1#{n}") for n in range(30)]
    others = [make_passage(n, "Aspirin in adults with asthma") for n in range(2, 5)]
    with closing(searching(tmp_path, [*long, *others]).engine) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=Ranking(depth=4))
        for mode in Mode:
            hits = searcher.search("aspirin prevents stroke", k=3, mode=mode, by_document=True)
            found = [hit.passage.document_id for hit in hits]
            assert (len(found), len(set(found)), found[0]) == (3, 3, "doc:1")
        assert len(searcher.search("aspirin prevents stroke", k=9, by_document=True)) == 4


def test_each_document_once_where_asked(tmp_path: Path) -> None:
    passages = [
        replace(make_passage(1, text), passage_id=f"doc:1#{n}")
        for n, text in enumerate(("Aspirin prevents stroke", "Aspirin", "Other words"))
    ]
    with closing(searching(tmp_path, [*passages, make_passage(2, "Aspirin in adults")]).engine) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        hits = searcher.search("aspirin", k=2, by_document=True)
        assert sorted(hit.passage.document_id for hit in hits) == ["doc:1", "doc:2"]
        best = next(hit for hit in searcher.search("aspirin") if hit.passage.document_id == "doc:1")
        assert best.passage in [hit.passage for hit in hits]


def test_quotas_bring_every_kind_in(tmp_path: Path) -> None:
    articles = [make_passage(n, "Aspirin prevents stroke") for n in range(20)]
    rare = [make_passage(20, "Aspirin and other drugs", Kind.TRIAL), make_passage(21, "Aspirin, offer", Kind.GUIDELINE)]
    with closing(searching(tmp_path, articles + rare, ranking=Ranking(depth=3)).engine) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION), ranking=Ranking(depth=3))
        quotas = {Kind.LITERATURE: 2, Kind.TRIAL: 2, Kind.GUIDELINE: 1}
        kinds = [hit.passage.kind for hit in searcher.search("aspirin", quotas=quotas)]
        assert sorted(kinds) == sorted([Kind.LITERATURE] * 2 + [Kind.TRIAL, Kind.GUIDELINE])
        only = Filters(kinds=frozenset({Kind.TRIAL}))
        assert [hit.passage.kind for hit in searcher.search("aspirin", quotas=quotas, filters=only)] == [Kind.TRIAL]


def test_an_abbreviation_finds_what_it_stands_for(tmp_path: Path) -> None:
    passages = [make_passage(1, "Ejection fraction was preserved"), make_passage(2, "Asthma in children")]
    with closing(searching(tmp_path, passages).engine) as engine:

        def related(query: str) -> list[str]:
            return ["preserved ejection fraction"] if "HFpEF" in query else []

        plain = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        widened = Searcher(engine, HashedEmbedder(dimension=DIMENSION), related=related)
        assert ids(plain, "HFpEF", mode=Mode.BM25) == []
        assert ids(widened, "HFpEF", mode=Mode.BM25) == ["doc:1"]


def test_mesh_headings_are_searched(searcher: Searcher) -> None:
    searcher.index([replace(make_passage(1, "Fewer events occurred"), facets=Facets(mesh=("Myocardial Infarction",)))])
    assert ids(searcher, "myocardial infarction", mode=Mode.BM25) == ["doc:1"]


def test_known_passages_are_likened_to_a_query_in_their_order(filled: Searcher) -> None:
    query = "Aspirin prevents stroke"
    found = {hit.passage.passage_id: hit.scores.dense for hit in filled.search(query, 5, mode=Mode.DENSE)}
    unknown = make_passage(9, "Never indexed", Kind.GUIDELINE, 2020)
    hits = filled.likened(query, [LIBRARY[3], LIBRARY[0], unknown])
    assert [hit.passage for hit in hits] == [LIBRARY[3], LIBRARY[0], unknown]
    assert [hit.scores.dense for hit in hits[:2]] == pytest.approx(
        [found[each.passage_id] for each in (LIBRARY[3], LIBRARY[0])]
    )
    assert hits[2].scores.dense is None
    assert filled.likened(query, []) == []
