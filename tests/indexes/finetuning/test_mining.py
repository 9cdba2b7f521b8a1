"""Training pairs from files and libraries: what is a query, what answers it, what only looks as if it did."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_set import QUERIES, write_small_set

from indexes.errors import ModelError
from indexes.finetuning.bm25 import Bm25
from indexes.finetuning.judged import Judged, from_passages, read_judged
from indexes.finetuning.mining import POSITIVES, mine_pairs
from indexes.finetuning.pairs import pairs_digest
from indexes.passage import Kind, Part, Passage, Role


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_set(tmp_path / "small")


def test_a_set_is_read_with_its_licence(folder: Path) -> None:
    judged = read_judged(folder)
    assert (judged.name, judged.licence) == ("small", "CC0 1.0 Universal")
    assert len(judged.relevant) == QUERIES
    assert judged.texts["d0"].startswith("metformin trial 0\nmetformin reduced")


def test_a_query_is_trained_on_or_judged_by_and_never_changes_sides(folder: Path) -> None:
    judged = read_judged(folder)
    train, held_out = judged.split()
    assert train.relevant.keys() | held_out.relevant.keys() == judged.relevant.keys()
    assert not train.relevant.keys() & held_out.relevant.keys()
    assert 0 < len(held_out.relevant) < QUERIES / 3
    other = Judged("other", {"x": f"  {judged.queries['q3'].upper()} "}, {"t": "text"}, {"x": ("t",)})
    assert bool(other.split()[1].relevant) == ("q3" in held_out.relevant), "in whatever set, however it is written"


def test_the_same_seed_gives_the_same_pairs(folder: Path) -> None:
    judged = read_judged(folder)
    assert pairs_digest(mine_pairs(judged, 2, 1)) == pairs_digest(mine_pairs(read_judged(folder), 2, 1))
    assert pairs_digest(mine_pairs(judged, 2, 1)) != pairs_digest(mine_pairs(judged, 2, 2))


def test_negatives_share_words_with_the_query_and_never_answer_it(folder: Path) -> None:
    judged = read_judged(folder)
    twin = Judged("twin", judged.queries, judged.texts | {"copy": judged.texts["d5"]}, judged.relevant)
    for pair in mine_pairs(twin, 3, 7):
        assert len(pair.negatives) == 3
        assert pair.positive not in pair.negatives
        assert all(set(pair.query.split()) & set(text.split()) for text in pair.negatives)


def test_a_query_with_many_answers_gives_few_pairs_the_best_first(tmp_path: Path) -> None:
    folder = write_small_set(tmp_path / "many")
    lines = ["query-id\tcorpus-id\tscore", *(f"q0\td{n}\t{n % 3}" for n in range(30)), "q1\tnowhere\t1"]
    (folder / "qrels.tsv").write_text("\n".join(lines))
    judged = read_judged(folder)
    assert set(judged.relevant) == {"q0"}, "what is not in the corpus is passed over"
    assert len(judged.relevant["q0"]) == 20, "and what is graded 0 is no answer"
    pairs = mine_pairs(judged, 1, 1)
    assert len(pairs) == POSITIVES
    assert {pair.positive for pair in pairs} <= {judged.texts[f"d{n}"] for n in range(30) if n % 3 == 2}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "queries.jsonl").unlink(), r"queries\.jsonl: cannot be read"),
        (lambda folder: (folder / "corpus.jsonl").write_text('{"_id": "d0", "text": "x"}\n{'), r"corpus\.jsonl:2"),
        (lambda folder: (folder / "corpus.jsonl").write_text('{"text": "x"}'), r"corpus\.jsonl:1: no _id"),
        (lambda folder: (folder / "qrels.tsv").write_text("a\tb\tc\nq0\td0\tyes"), r"qrels\.tsv:2"),
        (lambda folder: (folder / "qrels.tsv").unlink(), r"no judgements to learn from. Put them into qrels\.tsv"),
        (lambda folder: (folder / "qrels.tsv").write_text("a\tb\tc\nq0\td0\t\u00b2"), r"qrels\.tsv:2"),
        (lambda folder: (folder / "qrels.tsv").write_text("a\tb\tc\nq0\td0\t--1"), r"qrels\.tsv:2"),
        (lambda folder: (folder / "corpus.jsonl").write_text("[" * 100_000), r"corpus\.jsonl:1: not a JSON object"),
        (lambda folder: (folder / "corpus.jsonl").write_text('"_id and text"'), r"corpus\.jsonl:1: not a JSON object"),
        (lambda folder: (folder / "corpus.jsonl").write_text('["_id", "text"]'), r"corpus\.jsonl:1: not a JSON object"),
        (lambda folder: (folder / "corpus.jsonl").write_text(" " * (1 << 25)), "a line has more than"),
    ],
)
def test_a_broken_set_names_file_and_line(folder: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(folder)
    with pytest.raises(ModelError, match=said):
        read_judged(folder)


def test_of_the_folders_that_beir_gives_out_the_training_part_is_read(folder: Path) -> None:
    judged = read_judged(folder)
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "train.tsv")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td39\t1\n")
    assert read_judged(folder) == judged


@pytest.mark.parametrize(
    ("question", "snippets", "said"),
    [
        ({"gold_document_ids": 7}, {"snippets": []}, r"bioasq\.jsonl:1: no gold_document_ids"),
        ({"gold_document_ids": [["pubmed:1"]]}, {"snippets": 7}, r"bioasq_snippets\.jsonl:1: no snippets"),
        ({"gold_document_ids": []}, {"snippets": ["text"]}, r"a snippet of s has no document"),
        ({"gold_document_ids": []}, {"snippets": [{"text": "x"}]}, r"a snippet of s has no document"),
        ({"gold_document_ids": []}, {}, r"bioasq_snippets\.jsonl:1: no snippets"),
    ],
)
def test_broken_questions_name_file_and_line(
    tmp_path: Path, question: dict[str, object], snippets: dict[str, object], said: str
) -> None:
    (tmp_path / "bioasq.jsonl").write_text(json.dumps({"id": "q", "question": "What is MEF2C?"} | question))
    (tmp_path / "bioasq_snippets.jsonl").write_text(json.dumps({"id": "s"} | snippets))
    with pytest.raises(ModelError, match=said):
        read_judged(tmp_path / "bioasq.jsonl")


def test_what_is_not_there_says_what_data_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"BEIR|corpus\.jsonl"):
        read_judged(tmp_path / "nowhere")


def test_bioasq_questions_are_answered_by_whole_abstracts_where_there_are_any(tmp_path: Path) -> None:
    qa = tmp_path / "qa"
    qa.mkdir()
    rows = [{"id": "1", "question": "What is MEF2C?", "gold_document_ids": ["pubmed:10", "pubmed:11", "pubmed:99"]}]
    (qa / "bioasq.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    snippets = [
        {"document": f"http://www.ncbi.nlm.nih.gov/pubmed/{pmid}", "beginSection": section, "text": text}
        for pmid, section, text in (
            (10, "title", "A title."),
            (10, "abstract", "First words."),
            (10, "abstract", "More words."),
            (11, "abstract", "A part."),
        )
    ]
    (qa / "bioasq_snippets.jsonl").write_text(json.dumps({"id": "1", "snippets": snippets}) + "\n")
    whole = {"pmid": "11", "title": "Whole", "abstract": "A part. And the rest.", "complete": True}
    with lzma.open(tmp_path / "pubmed_corpus.jsonl.xz", "wt") as file:
        file.write(json.dumps(whole) + "\n")
    judged = read_judged(qa / "bioasq.jsonl")
    assert judged.relevant == {"1": ("pubmed:10", "pubmed:11")}
    assert judged.texts == {"pubmed:10": "First words. More words.", "pubmed:11": "Whole\nA part. And the rest."}


def test_a_library_teaches_titles_headings_and_recommendations() -> None:
    text = "Offer an ACE inhibitor to adults with type 2 diabetes. This follows the evidence review of 2019."
    parts = (Part(0, 54, Role.RECOMMENDATION, "Which drug comes first?"), Part(55, len(text), Role.BODY))
    passages = [
        Passage("a#0", "a", Kind.GUIDELINE, text, 0, len(text), "Hypertension in adults", ("1",), parts),
        Passage("a#1", "a", Kind.GUIDELINE, text, 0, len(text), "Hypertension in adults", ("2", "Choosing drugs")),
        Passage("b#0", "b", Kind.LITERATURE, "We randomised 200 adults to either drug.", 0, 40, "Ramipril"),
    ]
    judged = from_passages(passages)
    asked = {judged.queries[key]: judged.texts[answers[0]] for key, answers in judged.relevant.items()}
    assert asked == {
        "Hypertension in adults": text,
        "Hypertension in adults: Choosing drugs": text,
        "Which drug comes first?": text[:54],
    }


def test_of_a_large_library_the_same_part_is_taken_each_time() -> None:
    title = "Ramipril in adults"
    passages = [
        Passage(f"{n}#0", str(n), Kind.LITERATURE, "We randomised 200 adults to either drug.", 0, 40, title)
        for n in range(400)
    ]
    part = from_passages(passages, share=0.1).relevant.keys()
    assert 10 < len(part) < 100
    assert from_passages(passages[::-1], share=0.1).relevant.keys() == part
    assert len(from_passages(passages, share=4.0).relevant) == 400


def test_bm25_ranks_as_it_should() -> None:
    index = Bm25({"a": "aspirin prevents stroke", "b": "aspirin and more aspirin", "c": "colonoscopy", "d": ""})
    assert index.best("aspirin stroke", 10)[0] == "a"
    assert index.best("aspirin", 1) == ["b"]
    assert index.best("the", 10) == []
    assert Bm25({}).best("aspirin", 3) == []


@given(st.lists(st.text("abc ", min_size=1), min_size=1, max_size=8), st.text("abc "), st.integers(0, 10))
def test_bm25_gives_what_shares_a_word_and_no_more_than_asked(texts: list[str], query: str, k: int) -> None:
    named = {str(n): text for n, text in enumerate(texts)}
    best = Bm25(named).best(query, k)
    assert len(best) == len(set(best)) <= k
    assert all(set(named[key].split()) & set(query.split()) for key in best)
