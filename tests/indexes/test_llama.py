"""Our searcher, embedder and reranker in LlamaIndex."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hashed_embedder import HashedEmbedder
from passages import DIMENSION

from indexes.engines.edge import EdgeEngine
from indexes.filters import Filters
from indexes.passage import Kind, Passage, Status
from indexes.searcher import Searcher

schema = pytest.importorskip("llama_index.core.schema", reason="pip install 'citewell[llama-index]'")
from indexes.llama import CitewellEmbedding, CitewellRerank, CitewellRetriever  # noqa: E402 - after the skip

TEXT = "Aspirin prevented  stroke\nin 12.5% of adults."
LIBRARY = [
    Passage("pubmed:1#0", "pubmed:1", Kind.LITERATURE, TEXT, 40, 40 + len(TEXT), title="Aspirin and stroke", year=2001),
    Passage(
        "guideline:a#3", "guideline:a", Kind.GUIDELINE, "Offer a statin.", 7, 22, title="Lipids", section=("1", "1.2")
    ),
    Passage("pubmed:2#0", "pubmed:2", Kind.LITERATURE, "Aspirin caused bleeding.", 0, 24, "", status=Status.RETRACTED),
]


class Shortest:
    """A reranker that likes short texts."""

    name = "shortest"

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return [-float(len(text)) for text in texts]


@pytest.fixture
def searcher(tmp_path: Path) -> Iterator[Searcher]:
    with closing(EdgeEngine.open(tmp_path / "library", dimension=DIMENSION)) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        searcher.index(LIBRARY)
        yield searcher


def test_a_node_is_the_passage_word_for_word(searcher: Searcher) -> None:
    node = CitewellRetriever(searcher).retrieve("aspirin prevented stroke")[0]
    assert (node.node_id, node.text) == ("pubmed:1#0", TEXT)
    assert (node.node.start_char_idx, node.node.end_char_idx) == (40, 40 + len(TEXT))
    assert node.node.ref_doc_id == node.metadata["document_id"] == "pubmed:1"
    hit = searcher.search("aspirin prevented stroke")[0]
    assert node.score == node.metadata["score_total"] == hit.scores.total
    assert (node.metadata["score_dense"], node.metadata["score_lexical"]) == (hit.scores.dense, hit.scores.lexical)


def test_nodes_that_are_ordered_by_their_score_stand_as_the_searcher_has_them(tmp_path: Path) -> None:
    twins = [replace(LIBRARY[0], passage_id=f"pubmed:{n}#0", status=status) for n, status in enumerate(Status)]
    with closing(EdgeEngine.open(tmp_path / "twins", dimension=DIMENSION)) as engine:
        searcher = Searcher(engine, HashedEmbedder(dimension=DIMENSION))
        searcher.index(twins)
        nodes = CitewellRetriever(searcher).retrieve("aspirin")
    assert [node.node_id for node in sorted(nodes, key=lambda node: -node.score)] == [node.node_id for node in nodes]
    assert nodes[-1].metadata["status"] == "retracted"
    assert nodes[0].score > nodes[-1].score


def test_a_language_model_is_told_what_it_is_and_not_how_it_was_found(searcher: Searcher) -> None:
    found = CitewellRetriever(searcher).retrieve("statin")
    told = next(each for each in found if each.node_id == "guideline:a#3").node.get_content(schema.MetadataMode.LLM)
    assert "Lipids" in told
    assert "1 > 1.2" in told
    assert "score" not in told


def test_filters_and_the_number_of_nodes_are_the_searchers(searcher: Searcher) -> None:
    only = CitewellRetriever(searcher, k=1, filters=Filters(kinds=frozenset({Kind.GUIDELINE})))
    assert [node.node_id for node in only.retrieve("aspirin")] == ["guideline:a#3"]
    retracted = CitewellRetriever(searcher).retrieve("aspirin caused bleeding")[0]
    assert retracted.metadata["status"] == "retracted"


def test_asked_without_waiting_it_finds_the_same(searcher: Searcher) -> None:
    retriever = CitewellRetriever(searcher)
    found = asyncio.run(retriever.aretrieve("aspirin"))
    assert [node.node_id for node in found] == [node.node_id for node in retriever.retrieve("aspirin")]


def test_the_embedding_is_the_embedders() -> None:
    embedder = HashedEmbedder(dimension=DIMENSION)
    embedding = CitewellEmbedding(embedder)
    texts = ["one text", "another"]
    assert embedding.model_name == "hashed"
    assert embedding.get_text_embedding_batch(texts) == pytest.approx(embedder.embed_passages(texts))
    assert embedding.get_query_embedding("a query") == pytest.approx(embedder.embed_query("a query"))
    assert asyncio.run(embedding.aget_text_embedding_batch(texts)) == pytest.approx(embedder.embed_passages(texts))
    assert asyncio.run(embedding.aget_query_embedding("a query")) == pytest.approx(embedder.embed_query("a query"))


def test_a_reranker_is_blended_in_and_never_replaces(searcher: Searcher) -> None:
    before = CitewellRetriever(searcher).retrieve("aspirin prevented stroke")
    shortest_first = CitewellRerank(Shortest(), weight=1.0, top_n=2).postprocess_nodes(before, query_str="x")
    assert [node.node_id for node in shortest_first] == ["guideline:a#3", "pubmed:2#0"]
    assert shortest_first[0].metadata["score_reranker"] == -len("Offer a statin.")
    as_it_was = CitewellRerank(Shortest(), weight=0.0).postprocess_nodes(before, query_str="x")
    assert [node.node_id for node in as_it_was] == [node.node_id for node in before]
    blended = CitewellRerank(Shortest(), weight=0.3).postprocess_nodes(before, query_str="x")
    assert blended[0].node_id == "pubmed:1#0", "what search is sure of stays first"
    assert "score_reranker" not in before[0].metadata, "the nodes that were given are as they were"
    assert CitewellRerank(Shortest()).postprocess_nodes([], query_str="x") == []


def test_a_postprocessor_without_a_query_says_what_it_needs(searcher: Searcher) -> None:
    with pytest.raises(ValueError, match="give postprocess_nodes a query"):
        CitewellRerank(Shortest()).postprocess_nodes(CitewellRetriever(searcher).retrieve("aspirin"))


def test_the_code_of_the_document_runs(
    starter_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(starter_home, tmp_path / "home")
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path / "home"))
    document = (Path(__file__).parents[2] / "docs" / "llamaindex.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", document, re.DOTALL | re.MULTILINE)
    said = []
    for block in blocks:
        exec(compile(block, "docs/llamaindex.md", "exec"), {"__name__": "example"})  # noqa: S102 - our own document
        said.append(capsys.readouterr().out)
    assert "pubmed:12169073#0" in said[0], "the trial of the question"
    assert said[1] == "Inhaled budesonide prevents asthma attacks.\n"


def test_without_llamaindex_the_mend_is_said() -> None:
    code = "import sys; sys.modules['llama_index'] = None\ntry: import indexes.llama\nexcept Exception as error: print(error)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'citewell[llama-index]'" in said.stdout
