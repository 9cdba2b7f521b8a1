"""The 24 retracted articles of the real corpus: none is evidence for anything, and each is named where it would have been."""

from __future__ import annotations

import asyncio
import gzip
import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from documents import pubmed

from assistant.answer import Answer
from assistant.service import Assistant
from indexes.passage import Status
from ingestion.document import Document
from ingestion.library import Library
from ingestion.pipeline import ingest_files
from ingestion.sentences import sentence_spans

RETRACTED = 24
SOUND = 12
_RECORD = re.compile(r"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
_PMID = re.compile(r'<PMID Version="1">(\d+)</PMID>')


def records(data_dir: Path) -> tuple[list[str], list[str]]:
    """The retracted articles as PubMed XML, and some sound ones. Three that the XML lacks, having no title, are written from the corpus."""
    retracted: dict[str, str] = {}
    sound: list[str] = []
    for shard in sorted((data_dir / "ingest" / "pubmed_xml_reserialised").glob("*.xml.gz")):
        for record in _RECORD.findall(gzip.decompress(shard.read_bytes()).decode("utf-8")):
            if "Retracted Publication" in record:
                retracted[_PMID.search(record)[1]] = record  # type: ignore[index]
            elif len(sound) < SOUND and ("shivering" in record or "morphine" in record):
                sound.append(record)
    with lzma.open(data_dir / "eval" / "pubmed_corpus.jsonl.xz", "rt", encoding="utf-8") as corpus:
        for entry in (json.loads(line) for line in corpus if '"retracted": "' in line):
            retracted.setdefault(
                entry["pmid"],
                f'<PubmedArticle><MedlineCitation><PMID Version="1">{entry["pmid"]}</PMID><Article><Abstract><AbstractText>'
                f"{escape(entry['abstract'])}</AbstractText></Abstract><Language>eng</Language><PublicationTypeList>"
                "<PublicationType>Retracted Publication</PublicationType></PublicationTypeList></Article></MedlineCitation>"
                "</PubmedArticle>",
            )
    return list(retracted.values()), sound


@pytest.fixture(scope="module")
def articles(data_dir: Path) -> tuple[list[str], list[str]]:
    """What `records` reads, once."""
    return records(data_dir)


@pytest.fixture(scope="module")
def corpus(
    articles: tuple[list[str], list[str]], assistant: Assistant, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    """An assistant over the retracted articles among sound ones on the same matters."""
    home = tmp_path_factory.mktemp("retracted")
    retracted, sound = articles
    (home / "articles.xml").write_text(pubmed(*retracted, *sound), encoding="utf-8")
    with Library.open(home / "home", purpose="a test", embedder=assistant.library.searcher.embedder) as library:
        assert not ingest_files(library, [home / "articles.xml"]).failures
        yield Assistant(library)


def retracted_in(assistant: Assistant) -> dict[str, Document]:
    return {one.document_id: one for one in assistant.library.ledger.documents() if one.status is Status.RETRACTED}


def questions(document: Document) -> Iterator[str]:
    """Its title, and the last sentence of its abstract, where its conclusion stands."""
    if document.title:
        yield document.title
    start, end = sentence_spans(document.text)[-1]
    yield document.text[start:end]


def cited(answer: Answer) -> set[str]:
    return {citation.document_id for claim in answer.claims for citation in claim.citations}


def test_all_retracted_articles_of_the_corpus_are_known_as_such(corpus: Assistant) -> None:
    assert len(retracted_in(corpus)) == RETRACTED


def test_no_question_drawn_from_a_retracted_article_is_answered_by_it_and_it_is_named(corpus: Assistant) -> None:
    gone = retracted_in(corpus)
    asked = 0
    for document_id, document in gone.items():
        for question in questions(document):
            answer = asyncio.run(corpus.ask(question))
            asked += 1
            assert not cited(answer) & gone.keys(), question
            assert not {source.document_id for source in answer.sources} & gone.keys(), question
            named = {warning.document_id for warning in answer.warnings if warning.kind == "retracted"}
            assert document_id in named, question
            assert named <= gone.keys()
    assert asked > RETRACTED


@pytest.mark.slow
def test_the_same_article_not_retracted_would_have_been_cited(
    corpus: Assistant, articles: tuple[list[str], list[str]], assistant: Assistant, tmp_path: Path
) -> None:
    retracted, sound = articles
    marks = re.compile(
        r"<PublicationType[^>]*>Retracted Publication</PublicationType>|<CommentsCorrectionsList>.*?</CommentsCorrectionsList>"
    )
    (tmp_path / "articles.xml").write_text(pubmed(*(marks.sub("", one) for one in retracted), *sound), encoding="utf-8")
    with Library.open(tmp_path / "home", purpose="a test", embedder=assistant.library.searcher.embedder) as library:
        ingest_files(library, [tmp_path / "articles.xml"])
        unmarked = Assistant(library)
        assert not retracted_in(unmarked)
        answers = [
            asyncio.run(unmarked.ask(document.title)) for document in retracted_in(corpus).values() if document.title
        ]
    used = {one for answer in answers for one in cited(answer)} & retracted_in(corpus).keys()
    assert len(used) >= 15  # so that the test above tests something


def test_a_question_on_another_matter_is_told_of_no_retraction(corpus: Assistant) -> None:
    answer = asyncio.run(corpus.ask("Does intranasal corticosteroid relieve allergic rhinitis?"))
    assert not [warning for warning in answer.warnings if warning.kind == "retracted"]
