"""Answers against what a set has gold for: direction, spans, grades, sections; and the sets that have it."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from assistant.answer import Answer, Citation, Claim, Direction, Versions
from evals.errors import DataError
from evals.metrics.answers import gold_measures, overlap
from evals.qa_sets import Asked, read_questions
from evals.qa_texts import Guideline, Text, write_files

SPAN = "Exacerbations fell by 25% with tiotropium."


def answer(text: str, verdict: str | None = None, finding: str = "") -> Answer:
    citation = Citation(passage_id="p#0", document_id="p", quote=text, start=0, end=len(text), support=1.0)
    claim = Claim(text=text, support=1.0, citations=[citation], findings=[finding] if finding else [])
    direction = {"verdict": verdict, "claims": [0], "text": "It points so."} if verdict else None
    return Answer(
        question="q",
        abstained=False,
        reason=None,
        rationale="r",
        claims=[claim],
        direction=Direction.model_validate(direction) if direction else None,
        sources=[],
        warnings=[],
        trace=[],
        timings_ms={},
        versions=Versions(citewell="0", index="i", embedder="e"),
    )


def asked(verdict: str | None = None, *spans: str, grade: str | None = None, section: str | None = None) -> Asked:
    return Asked("1", "q", frozenset({"p"}), (), verdict, spans, grade, section)


def values(pairs: list[tuple[Asked, Answer | None]]) -> dict[str, float]:
    ones, answers = zip(*pairs, strict=True)
    found = gold_measures(ones, answers, lambda _: ("Screening Interval",), resamples=20, seed=0)
    return {name: measure.value for name, measure in found.items()}


def test_a_question_without_a_verdict_counts_as_wrong_and_precision_is_of_those_shown() -> None:
    found = values(
        [
            (asked("yes"), answer(SPAN, "yes")),
            (asked("yes"), answer(SPAN)),
            (asked("no"), answer(SPAN, "yes")),
            (asked("uncertain"), answer(SPAN, "uncertain")),
            (asked("yes"), None),
        ]
    )
    assert found["accuracy"] == pytest.approx(2 / 5)
    assert found["majority_accuracy"] == pytest.approx(3 / 5)
    assert found["direction_shown"] == pytest.approx(2 / 5)
    assert found["direction_precision"] == pytest.approx(1 / 2)
    assert 0 < found["macro_f1"] < 1


def test_a_span_is_hit_by_the_words_themselves_and_not_by_others() -> None:
    found = values([(asked(None, SPAN), answer(SPAN)), (asked(None, SPAN), answer("Mortality was the same in both."))])
    assert (found["span_hit"], found["span_first"], found["span_f1"]) == (0.5, 0.5, 0.5)


def test_grade_and_section_count_where_the_set_has_them() -> None:
    graded = asked(grade="B", section="Screening interval")
    found = values([(graded, answer(SPAN, finding="Grade: B")), (graded, answer(SPAN, finding="Grade: A"))])
    assert values([(graded, answer(SPAN, finding="Grade B"))])["grade_shown"] == 1
    assert found == {"grade_shown": 0.5, "section_cited": 1.0}
    assert values([(asked(), answer(SPAN))]) == {}


def test_overlap_is_that_of_the_best_reference() -> None:
    assert overlap(SPAN, ["Nothing of it.", SPAN]) == 1
    assert overlap("Nothing.", [SPAN]) == 0


def articles(path: Path, **texts: str) -> None:
    with tarfile.open(path, "w:xz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(f"txt_files/{name}.txt")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def test_evidence_inference_is_read_with_its_abstracts(tmp_path: Path) -> None:
    record = {"prompt_id": "1", "pmcid": "PMC1", "pmid": "11", "question": "What of tiotropium?", "label": "decreased"}
    lines = [
        record | {"evidence": [{"text": SPAN}]},
        record | {"prompt_id": "2", "evidence": [{"text": "Only in the full text."}]},
    ]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    text = f"TITLE: \nA trial\n\n\nABSTRACT.RESULTS::\n{SPAN}\n\nBODY.RESULTS:\nOnly in the full text."
    articles(tmp_path / "set_articles.tar.xz", PMC1=text, PMC2="TITLE:\nAnother")
    found = read_questions(path)
    (one,) = found.questions
    assert (one.verdict, one.spans, one.gold) == ("decreased", (SPAN,), frozenset({"pubmed:11"}))
    assert found.texts == {"pubmed:11": Text("11", "A trial", (("RESULTS", SPAN),))}
    assert found.left_out == {"answered by a full text only": 1}


def test_questions_on_guidelines_are_read_with_their_pages(tmp_path: Path) -> None:
    (tmp_path / "qa").mkdir()
    (tmp_path / "pageindex_trees").mkdir()
    (tmp_path / "qa" / "set.csv").write_text(
        "question_id,document,question,reference_answer,gold_section\n"
        "1,breast_cancer,How often?,It has a B grade.,Recommendation Summary\n",
        encoding="utf-8",
    )
    page = {"page_index": 1, "text": "# Recommendation Summary\n\nScreen every other year."}
    tree = [{**page, "nodes": [{"page_index": 2, "text": "The rest."}]}, page]
    (tmp_path / "pageindex_trees" / "breast_cancer.json").write_text(json.dumps(tree), encoding="utf-8")
    found = read_questions(tmp_path)
    (one,) = found.questions
    (text,) = found.texts.values()
    assert (one.grade, one.section, one.gold) == ("B", "Recommendation Summary", frozenset({text.document_id}))
    assert isinstance(text, Guideline)
    assert text.markdown.count("Screen every other year.") == 1
    (file,) = write_files([text], tmp_path)
    assert "The rest." in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("csv", "trees"), [("set.csv", "pageindex_trees"), ("set/set.csv", "pageindex_trees")])
def test_a_set_in_csv_is_found_in_its_folder_with_its_texts_beside_it(tmp_path: Path, csv: str, trees: str) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / csv).write_text("document,question,gold_section\nbreast_cancer,How often?,Summary\n", encoding="utf-8")
    folder = (tmp_path / csv).parent
    with pytest.raises(DataError, match=r"set\.csv: its texts are not there.*folder pageindex_trees beside it"):
        read_questions(folder)
    (tmp_path / trees).mkdir()
    tree = [{"page_index": 1, "text": "# Summary\n\nScreen every other year."}]
    (tmp_path / trees / "breast_cancer.json").write_text(json.dumps(tree), encoding="utf-8")
    found = read_questions(folder)
    assert [one.question for one in found.questions] == ["How often?"]
    assert len(found.texts) == 1


def test_a_csv_of_something_else_and_a_folder_without_questions_are_told(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"0 files of questions; --data takes one file of questions \(\.jsonl or \.csv\)"
    ):
        read_questions(tmp_path)
    (tmp_path / "set.csv").write_text("name,question\nx,How often?\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"set\.csv:1: no column document"):
        read_questions(tmp_path)
    (tmp_path / "set.csv").write_bytes(b"document,question\nx,\xff\n")
    with pytest.raises(DataError, match=r"set\.csv: cannot be read"):
        read_questions(tmp_path)


def test_printed_pages_are_joined_without_what_runs_over_them(tmp_path: Path) -> None:
    (tmp_path / "qa").mkdir()
    (tmp_path / "pageindex_trees").mkdir()
    (tmp_path / "qa" / "set.csv").write_text(
        "question_id,document,question,reference_answer,gold_section\n1,x,How often?,Yearly.,Summary\n",
        encoding="utf-8",
    )
    bodies = ["# Summary\n\nScreen all adults for", "high blood pressure once a year.", "Grade: A"]
    tree = [
        {"page_index": number, "text": f"6/22/26, 11:13 PM\n\nBlood pressure | A body\n\n{body}\n\n{number}/3"}
        for number, body in enumerate(bodies, 1)
    ]
    (tmp_path / "pageindex_trees" / "x.json").write_text(json.dumps(tree), encoding="utf-8")
    (text,) = read_questions(tmp_path).texts.values()
    assert isinstance(text, Guideline)
    assert text.markdown == "# Summary\n\nScreen all adults for high blood pressure once a year.\n\nGrade: A"


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    record = {"prompt_id": "1", "pmcid": "PMC1", "pmid": "11", "question": "What?", "label": "decreased"}
    (tmp_path / "set.jsonl").write_text(json.dumps(record), encoding="utf-8")
    (tmp_path / "set_articles.tar.xz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="set_articles"):
        read_questions(tmp_path / "set.jsonl")
