"""More or less weight for a field of a passage on the lexical side: its title, the indexers' MeSH headings, a recommendation. Used by `ranking.py`.

A field of weight n is read n times, before the counts are saturated, as BM25F does (Robertson, Zaragoza and Taylor, CIKM 2004).
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from recommendations import documents

from indexes.engines import point_id
from indexes.engines.edge import EdgeEngine
from indexes.filters import Filters
from indexes.lexical import encode_passage, encode_query
from indexes.passage import Facets, Kind, Passage, Role, context_of
from ingestion.chunking import passages_of
from ingestion.document import Document
from ingestion.facets import facets_of
from ingestion.sources.pubmed import PubMedXml

BATCH = 500
STATEMENTS = {  # of the questions' documents: how the dump of the Task Force calls them
    "breast_cancer_screening": "Breast Cancer: Screening",
    "colorectal_cancer_screening": "Colorectal Cancer: Screening",
    "depression_suicide_screening": "Depression and Suicide Risk in Adults: Screening",
    "hypertension_screening": "Hypertension in Adults: Screening",
    "prediabetes_diabetes_screening": "Prediabetes and Type 2 Diabetes: Screening",
}
Texts = Callable[[Passage], str]
Judged = dict[str, dict[str, int]]


def read(title: int = 1, mesh: int = 1, recommendation: int = 1) -> Texts:
    """What the lexical encoder reads of a passage under these weights; with ones, what the product reads."""

    def text(passage: Passage) -> str:
        context = passage.embedding_text if title else context_of("", passage.section) + "\n" + passage.text
        lines = [*[passage.title] * (title - 1), context, *passage.facets.mesh * mesh]
        for part in passage.parts:
            if part.role is Role.RECOMMENDATION:
                lines += [passage.text[part.start : part.end]] * (recommendation - 1)
        return "\n".join(lines)

    return text


@contextmanager
def words_of(passages: Sequence[Passage], text: Texts) -> Iterator[Callable[[str, int], Mapping[str, float]]]:
    """BM25 over these passages, read so: a query and a depth to scores by point."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(EdgeEngine.open(Path(folder) / "index", dimension=2)) as engine,
    ):
        for first in range(0, len(passages), BATCH):
            batch = passages[first : first + BATCH]
            vectors = np.ones((len(batch), 2), np.float32)
            engine.upsert(batch, vectors, [encode_passage(text(passage)) for passage in batch])
        yield lambda query, depth: engine.lexical(encode_query(query), depth, Filters())


def abstracts(data: Path, questions: Iterable[Mapping[str, str]]) -> tuple[list[Passage], Judged]:
    """The reserialised PubMed records without their titles, a question of PubMedQA being its article's own; and which answers which."""
    passages = []
    for file in sorted((data / "ingest/pubmed_xml_reserialised").rglob("*.xml.gz")):
        for item in PubMedXml().parse(file):
            if isinstance(item, Document) and item.text:
                key, facets = item.document_id, Facets(mesh=facets_of(item).mesh)
                passages.append(Passage(key, key, Kind.LITERATURE, item.text, 0, len(item.text), "", facets=facets))
    there = {passage.document_id for passage in passages}
    return passages, {q["id"]: {point_id(f"pubmed:{q['id']}"): 1} for q in questions if f"pubmed:{q['id']}" in there}


def statements(data: Path) -> tuple[list[Passage], dict[str, str], Judged]:
    """The Task Force's statements in passages, the questions on five of them, and the passages that hold the recommendation of the right one."""
    passages = [
        passage for document in documents(data / "ingest/guidelines/uspstf_api") for passage in passages_of(document)
    ]
    wanted: dict[str, dict[str, int]] = {}
    for passage in passages:
        if any(part.role is Role.RECOMMENDATION for part in passage.parts):
            wanted.setdefault(passage.title, {})[point_id(passage.passage_id)] = 1
    with (data / "eval/uspstf_qa/qa_dataset.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    judged = {row["question_id"]: wanted[STATEMENTS[row["document"]]] for row in rows}
    return passages, {row["question_id"]: row["question"] for row in rows}, judged
