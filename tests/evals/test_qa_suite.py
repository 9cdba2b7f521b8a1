"""The suite of questions: the product's own answers over a set's texts, with and without a model."""

from __future__ import annotations

import json
import lzma
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "assistant"))  # the scripted model
sys.path.append(str(Path(__file__).parent))
from llm_server import Request, Text, in_json, serve
from small_sets import QUESTIONS

from evals.cli import app
from evals.errors import CallError, DataError
from evals.qa_sets import read_questions, sample
from evals.suites.base import Options
from evals.suites.qa import QaSuite

OPTIONS = Options(resamples=50)
pytestmark = pytest.mark.usefixtures("own_home")


def ignore(stage: str, done: int, total: int) -> None:
    """A progress nobody watches."""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(records: Sequence[object] = QUESTIONS, name: str = "questions.jsonl") -> Path:
        path = tmp_path / "set" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
        return path

    return write


def first_sentence(request: Request) -> Text:
    """A model that cites the sentence holding its words, whichever question it is."""
    said = request.messages[-1]["content"]
    word = "budesonide prevented" if "budesonide prevent" in said.rpartition("Question:")[2] else "did not prevent"
    found = re.search(rf"(E\d+\.\d+) \| ([^\n]*{word}[^\n]*)", said)
    assert found
    return in_json({"answerable": True, "claims": [{"text": found[2], "citations": [found[1]]}]})


def test_questions_are_answered_from_their_texts(write: Callable[..., Path]) -> None:
    outcome = QaSuite().run(write(), OPTIONS, ignore)
    measures = outcome.systems["extractive"]
    assert (outcome.data, outcome.n, outcome.shipped) == ("questions", 2, "extractive")
    assert measures["coverage"].value == 1
    assert measures["gold_cited"].value == 1
    assert measures["verbatim"].value == 1
    assert 0 < measures["answer_f1"].value < 1
    assert measures["p50_ms"].value <= measures["p95_ms"].value


def test_other_texts_of_the_corpus_may_stand_beside_those_that_answer(write: Callable[..., Path]) -> None:
    path = write()
    records = [
        {"pmid": "101", "abstract": "The whole abstract, its conclusion too, is not among the others: it answers."},
        *({"pmid": str(number), "abstract": f"Gout was treated {number} times."} for number in range(201, 206)),
        {"pmid": "206", "abstract": ""},
    ]
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    (path.parent.parent / "pubmed_corpus.jsonl").write_text(lines, encoding="utf-8")
    told: list[str] = []
    outcome = QaSuite().run(path, replace(OPTIONS, among=3), lambda stage, *_: told.append(stage))
    assert (outcome.settings["documents"], outcome.settings["of them others"]) == (5, 3)
    assert outcome.systems["extractive"]["gold_cited"].value == 1
    assert {"reading texts", "asking (extractive)"} <= set(told)
    assert QaSuite().run(path, replace(OPTIONS, among=99), ignore).settings["of them others"] == 5


def test_prompts_are_compared(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serve(first_sentence) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        arguments = [
            "run",
            "qa",
            "--data",
            str(write()),
            "--out",
            str(tmp_path / "out"),
            "--vary",
            "prompt",
            "--resamples",
            "50",
        ]
        ran = CliRunner().invoke(app, arguments)
        lengths = {len(request.messages) for request in server.requests}
    assert ran.exit_code == 0, ran.output
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert list(result["systems"]) == ["llm", "llm without exemplars", "extractive"]
    assert result["metrics"]["gold_cited"]["value"] == 1
    assert result["comparisons"]["gold_cited"]["baseline"] == "llm without exemplars"
    assert result["versions"]["prompts"].startswith("draft-")
    assert result["failures"] == 0
    assert len(lengths) == 2  # with exemplars and without


def test_a_model_that_fails_is_counted(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(lambda request: Text("no JSON")) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        outcome = QaSuite().run(write(), OPTIONS, ignore)
    assert len(outcome.problems) == 2
    assert "JSON" in outcome.problems[0]


def test_nothing_to_vary_is_said(write: Callable[..., Path]) -> None:
    with pytest.raises(CallError, match="CITEWELL_LLM"):
        QaSuite().run(write(), Options(resamples=50, vary="prompt"), ignore)
    with pytest.raises(CallError, match="prompt"):
        QaSuite().run(write(), Options(resamples=50, vary="weather"), ignore)


def test_texts_may_stand_beside_the_questions_or_above(write: Callable[..., Path]) -> None:
    path = write([{"id": "a", "question": "Is it?", "gold_document_ids": ["pubmed:7"]}])
    with pytest.raises(DataError, match="no texts"):
        read_questions(path)
    with lzma.open(path.parent.parent / "pubmed_corpus.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"pmid": "7", "title": "T", "abstract": "It is."}) + "\n")
        file.write(json.dumps({"pmid": "8", "title": "T", "abstract": "Nobody asked."}) + "\n")
    assert set(read_questions(path.parent).texts) == {"pubmed:7"}


@pytest.mark.parametrize("content", ["", "{", "[1]\n", '{"id": "1"}\n'])
def test_a_set_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="broken"):
        read_questions(path)


def test_a_sample_is_the_same_for_the_same_seed(write: Callable[..., Path]) -> None:
    many = read_questions(write([{**QUESTIONS[0], "id": str(number)} for number in range(50)])).questions
    assert sample(many, 10, 1) == sample(many, 10, 1)
    assert len(sample(many, 10, 1)) == 10
    assert sample(many, None, 1) == many


def with_ids(*ids: object) -> list[dict[str, object]]:
    """The small set's questions under other ids."""
    return [{**record, "id": one} for record, one in zip(QUESTIONS, ids, strict=True)]


@pytest.mark.parametrize("ids", [("q-0", "q&3"), (0, 1), ("x", 101)])
def test_an_id_need_be_no_pmid(write: Callable[..., Path], ids: tuple[object, object]) -> None:
    outcome = QaSuite().run(write(with_ids(*ids)), OPTIONS, ignore)
    assert outcome.systems["extractive"]["gold_cited"].value == 1
    assert (outcome.settings["documents"], outcome.problems) == (2, [])


def test_a_context_may_be_one_text_with_what_xml_cannot_hold(write: Callable[..., Path]) -> None:
    one, other = QUESTIONS
    text = "\x0b" + " ".join(map(str, one["contexts"]))
    outcome = QaSuite().run(write([{**one, "contexts": text}, other]), OPTIONS, ignore)
    assert outcome.systems["extractive"]["gold_cited"].value == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "102"}, r"questions\.jsonl:2: id '102' is already on line 1"),
        ({"contexts": [{"text": "x"}]}, r'questions\.jsonl:1: "contexts" is neither'),
        ({"gold_document_ids": 123}, r'questions\.jsonl:1: "gold_document_ids" is neither'),
        ({"question": "Half \ud83d?"}, r"questions\.jsonl:1: half a character"),
    ],
)
def test_a_record_that_cannot_be_meant_is_named_with_its_line(
    write: Callable[..., Path], changes: dict[str, object], message: str
) -> None:
    one, other = QUESTIONS
    with pytest.raises(DataError, match=message):
        QaSuite().run(write([{**one, **changes}, other]), OPTIONS, ignore)


def test_texts_that_cannot_be_read_are_told(write: Callable[..., Path]) -> None:
    one, other = QUESTIONS
    outcome = QaSuite().run(write([{**one, "contexts": ["\x0b"]}, other]), OPTIONS, ignore)
    assert len(outcome.problems) == 1
    with pytest.raises(DataError, match="none of the 1 texts could be read"):
        QaSuite().run(write([{**one, "contexts": ["\x0b"]}]), OPTIONS, ignore)
