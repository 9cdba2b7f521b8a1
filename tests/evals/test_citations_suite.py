"""The suite of citations: what is counted, what the floors get, and whether silence was right."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "assistant"))  # the scripted model
sys.path.append(str(Path(__file__).parent))
from judging import judge
from llm_server import Reply, Request, in_json, serve

from assistant.answer import Citation, Claim
from assistant.settings import load_settings
from evals.cli import app
from evals.qa_sets import Asked
from evals.suites.base import Options
from evals.suites.citations import SHUFFLED, TOP_HIT, CitationsSuite, asked_without_texts, floors
from evals.supporting import Sentence, Verifier, cited_by, is_verbatim, trained_alone, whole
from indexes.passage import Kind, Passage
from ingestion.document import Document

pytestmark = pytest.mark.usefixtures("own_home")
OPTIONS = Options(resamples=50)
SUBJECTS = [
    ("aspirin", "heart attacks"), ("budesonide", "asthma exacerbations"), ("apixaban", "strokes"),
    ("metformin", "diabetic complications"), ("zoledronate", "hip fractures"),
]  # fmt: skip
QUESTIONS = [
    {
        "id": str(101 + number),
        "question": f"Does {drug} prevent {outcome}?",
        "contexts": [f"We randomised 4{number}2 adults.", f"{drug.title()} prevented {outcome} compared with placebo."],
        "conclusion": f"{drug.title()} prevents {outcome}.",
    }
    for number, (drug, outcome) in enumerate(SUBJECTS)
]


def ignore(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in QUESTIONS), encoding="utf-8")
    return path


def test_citations_of_the_product_and_of_floors(data: Path) -> None:
    outcome = CitationsSuite().run(data, OPTIONS, ignore)
    ours = outcome.systems["extractive"]
    for name in ("citation_precision", "citation_recall", "citation_minimality", "verbatim", "coverage", "gold_cited"):
        assert ours[name].value == 1, name
    assert ours["coverage"].n == 4  # the fifth is asked without its text
    assert (ours["abstention_recall"].value, ours["abstention_recall"].n) == (1, 1)
    assert (ours["abstention_precision"].value, ours["abstention_precision"].n) == (1, 1)
    shuffled = outcome.systems[SHUFFLED]
    assert (
        shuffled["citation_recall"].value == shuffled["citation_precision"].value == shuffled["gold_cited"].value == 0
    )
    assert outcome.systems[TOP_HIT]["citation_recall"].value == 1  # of abstracts of two sentences all is as good
    assert outcome.comparisons["citation_recall"].baseline == TOP_HIT
    assert outcome.settings["asked without their texts"] == 1


def test_an_answer_where_nothing_answers_is_counted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(judge()) as server:  # this model answers whatever it is asked
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        outcome = CitationsSuite().run(data, OPTIONS, ignore)
    assert list(outcome.systems) == ["llm", "extractive", SHUFFLED, TOP_HIT]
    ours = outcome.systems["llm"]
    assert ours["abstention_recall"].value == 0
    assert "abstention_precision" not in ours  # there was no abstention
    assert ours["verbatim"].value == 1


@pytest.mark.parametrize("left_out", [True, False], ids=["as shipped", "were all citations shown"])
def test_a_citation_beside_the_point_is_found(data: Path, monkeypatch: pytest.MonkeyPatch, *, left_out: bool) -> None:
    if not left_out:
        monkeypatch.setattr("assistant.checking._needed", lambda alone, _: list(range(len(alone))))

    def both(request: Request) -> Reply:
        said = json.loads(judge()(request).content)  # type: ignore[union-attr]
        [claim] = said["claims"]
        number = claim["citations"][0].partition(".")[0]
        return in_json({**said, "claims": [{**claim, "citations": [f"{number}.1", f"{number}.2"]}]})

    with serve(both) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        outcome = CitationsSuite().run(data, OPTIONS, ignore)
    ours = outcome.systems["llm"]
    assert ours["citation_recall"].value == 1
    assert ours["citation_precision"].value == (1 if left_out else 0.5)
    assert ours["citation_minimality"].value == (1 if left_out else 0.5)
    marks = {line.mark for line in outcome.hardest[0].found}
    assert marks == ({"precise"} if left_out else {"precise", "irrelevant"})


class Overlap:
    """A trained verifier that asks for three words of four."""

    name = "overlap"

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        rows = []
        for said, evidence in pairs:
            words = set(said.lower().split())
            share = len(words & set(evidence.lower().split())) / len(words)
            rows.append([0.8, 0.1, 0.1] if share >= 0.75 else [0.1, 0.1, 0.8])
        return np.array(rows)


def test_a_trained_verifier_judges_alone_too(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.supporting.load_neural", Overlap)
    outcome = CitationsSuite().run(data, OPTIONS, ignore)
    assert outcome.systems["extractive"]["citation_recall_trained"].value == 1
    assert outcome.systems[SHUFFLED]["citation_recall_trained"].value == 0
    assert outcome.settings["judge"] == "rules, meaning and overlap"
    supports = trained_alone()
    assert supports
    assert supports("Aspirin lowers the risk.", cited_by(claim(), Shelf("Aspirin lowers the risk. So there.")))
    assert not supports("Aspirin lowers the risk.", cited_by(claim(), Shelf("Aspirin raises the risk. So there.")))
    assert not supports("Aspirin lowers the risk.", [])


class Shelf:
    """One passage."""

    def __init__(self, text: str) -> None:
        self.text = text

    def passage(self, passage_id: str) -> Passage | None:
        return Passage("p", "d", Kind.LITERATURE, self.text, 0, len(self.text), "") if passage_id == "p" else None

    def document(self, document_id: str) -> Document | None:
        return None


def claim(passage_id: str = "p", start: int = 0) -> Claim:
    quote = "Aspirin lowers the risk."
    citation = Citation(
        passage_id=passage_id, document_id="d", quote=quote, start=start, end=start + len(quote), support=1
    )
    return Claim(text=quote, support=1, citations=[citation])


@pytest.mark.parametrize(
    ("said", "text", "verbatim"),
    [
        (claim(), "Aspirin lowers the risk. So there.", True),
        (claim(start=1), "Aspirin lowers the risk. So there.", False),
        (claim(), "Aspirin raises the risk. So there.", False),
        (claim("gone"), "Aspirin lowers the risk.", False),
    ],
)
def test_a_quote_that_does_not_stand_there_supports_nothing(said: Claim, text: str, verbatim: bool) -> None:
    cited = cited_by(said, Shelf(text))
    assert [is_verbatim(each) for each in cited] == [verbatim]
    assert Verifier(lambda texts: pytest.fail("nothing to embed")).supports(said.text, cited) == verbatim


def passage(name: str) -> Passage:
    return Passage(name, name, Kind.LITERATURE, f"{name} says so.", 0, 10 + len(name), "")


def told(counts: Sequence[int]) -> list[list[Sentence]]:
    return [
        [Sentence(f"{answer}-{number}", [whole(passage(f"{answer}-{number}"))]) for number in range(count)]
        for answer, count in enumerate(counts)
    ]


@pytest.mark.parametrize("counts", [(1, 1), (2, 0, 3), (5, 1), (1, 5), (3, 3, 3)])
@pytest.mark.parametrize("seed", range(5))
def test_shuffled_citations_are_those_of_another_answer(counts: tuple[int, ...], seed: int) -> None:
    given = told(counts)
    shuffled = floors(given, [None] * len(counts), seed)[SHUFFLED]
    assert [[each.text for each in answer] for answer in shuffled] == [
        [each.text for each in answer] for answer in given
    ]
    for number, answer in enumerate(shuffled):
        for sentence in answer:
            assert all(citation.document_id[0] != str(number) for citation, _ in sentence.cited)
            assert len(sentence.cited) == 1


def test_one_answer_cannot_be_shuffled() -> None:
    assert list(floors(told([2, 0]), [passage("x"), None], 0)) == [TOP_HIT]


@pytest.mark.parametrize("seed", range(10))
def test_questions_asked_without_their_texts_share_none(seed: int) -> None:
    gold = [frozenset({f"pubmed:{number // 2}"}) for number in range(20)]
    asked = [Asked(str(number), "Is it?", each, ()) for number, each in enumerate(gold)]
    without = asked_without_texts(asked, seed)
    there = frozenset().union(*(one.gold for one in asked if one.question_id not in without))
    assert all(not one.gold & there for one in asked if one.question_id in without)
    assert len(without) <= 4
    assert without == asked_without_texts(asked, seed)


def test_the_door(data: Path, tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        app, ["run", "citations", "--data", str(data), "--out", str(tmp_path / "out"), "--resamples", "20"]
    )
    assert ran.exit_code == 0, ran.output
    assert ran.stdout.startswith("citation_precision")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert SHUFFLED in page
    assert "–" in page  # a floor has no abstentions
