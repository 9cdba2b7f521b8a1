"""Sets as they come: read whole, or refused with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.datasets import read_collection
from evals.errors import DataError


def test_reads_a_set_from_its_folder_or_one_of_its_files(write_set: Callable[..., Path]) -> None:
    folder = write_set()
    collection = read_collection(folder)
    assert collection.name == "small"
    assert len(collection.documents) == 12
    assert collection.judgements["q1"] == {"d1": 2, "d3": 0}
    assert not collection.problems
    assert read_collection(folder / "qrels.tsv") == collection


def test_byte_order_mark_windows_line_ends_blank_lines_and_number_ids(write_set: Callable[..., Path]) -> None:
    folder = write_set()
    (folder / "queries.jsonl").write_bytes(b'\xef\xbb\xbf{"_id": 7, "text": "a"}\r\n\r\n{"_id": "8", "text": "b"}\r\n')
    (folder / "qrels.tsv").write_bytes(b"\xef\xbb\xbfcorpus-id\tscore\tquery-id\r\nd1\t1\t7\r\n\r\n")
    collection = read_collection(folder)
    assert collection.queries == {"7": "a", "8": "b"}
    assert collection.judgements == {"7": {"d1": 1}}


def test_unknown_ids_are_problems_and_the_rest_goes_on(write_set: Callable[..., Path]) -> None:
    folder = write_set(judgements=[("q1", "d1", 1), ("q1", "gone", 1), ("nobody", "d1", 1)])
    collection = read_collection(folder)
    assert collection.judgements == {"q1": {"d1": 1, "gone": 1}}
    assert collection.problems == [
        "qrels.tsv:3: document 'gone' is not in corpus.jsonl",
        "qrels.tsv:4: query 'nobody' is not in queries.jsonl",
    ]


def test_blank_texts_are_problems(write_set: Callable[..., Path]) -> None:
    folder = write_set(
        documents={"d1": ("", " "), "d2": ("A title", "")}, queries={"q1": " "}, judgements=[("q1", "d2", 1)]
    )
    assert read_collection(folder).problems == [
        "corpus.jsonl:1: document 'd1' has no text and cannot be found",
        "qrels.tsv:2: query 'q1' has no text",
    ]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("corpus.jsonl", b"", r"corpus\.jsonl: empty"),
        ("queries.jsonl", b"\n \n", r"queries\.jsonl: empty"),
        ("corpus.jsonl", b'{"_id": "d1", "text": "a"}\n{"_id": "d2", "te', r"corpus\.jsonl:2: not JSON"),
        ("corpus.jsonl", b"[" * 100_000, r"corpus\.jsonl:1: not JSON"),
        ("corpus.jsonl", b'["d1", "a"]\n', r"corpus\.jsonl:1: a JSON object is needed"),
        ("corpus.jsonl", b'{"text": "a"}\n', r'corpus\.jsonl:1: no "_id"'),
        ("corpus.jsonl", b'{"_id": true, "text": "a"}\n', r'corpus\.jsonl:1: no "_id"'),
        ("corpus.jsonl", b'{"_id": "d1"}\n', r'corpus\.jsonl:1: "text" is missing'),
        ("corpus.jsonl", b'{"_id": "d1", "text": "a", "title": 3}\n', r'corpus\.jsonl:1: "title" is no text'),
        ("queries.jsonl", b'{"_id": "q1", "text": null}\n', r'queries\.jsonl:1: "text" is no text'),
        ("queries.jsonl", b'{"_id": "1", "text": "a"}\n{"_id": 1, "text": "b"}\n', r"queries\.jsonl:2: id '1' is already on line 1"),
        ("corpus.jsonl", b'{"_id": "d1", "text": "caf\xe9"}\n', r"corpus\.jsonl:1: not UTF-8 \(byte 27\)"),
        ("qrels.tsv", b"", r"qrels\.tsv: empty"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\n", r"qrels\.tsv: no judgement"),
        ("qrels.tsv", b"q1\td1\t1\n", r"qrels\.tsv:1: no column query-id, corpus-id, score"),
        ("qrels.tsv", b"query-id\tcorpus-id\nq1\td1\n", r"qrels\.tsv:1: no column score"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\n", r"qrels\.tsv:2: 2 columns where the header has 3"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\thigh\n", r"qrels\.tsv:2: score 'high' is no whole number"),
        ("qrels.tsv", b"query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t0\n", r"qrels\.tsv:3: .* judged twice"),
    ],
)  # fmt: skip
def test_a_corrupt_file_is_named_with_its_line(
    write_set: Callable[..., Path], file: str, content: bytes, message: str
) -> None:
    folder = write_set()
    (folder / file).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_collection(folder)


def test_a_missing_folder_or_file_is_named(write_set: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_collection(tmp_path / "nowhere")
    folder = write_set()
    (folder / "qrels.tsv").unlink()
    with pytest.raises(DataError, match=r"qrels\.tsv: no such file"):
        read_collection(folder)
    (folder / "qrels.tsv").mkdir()
    with pytest.raises(DataError, match=r"qrels\.tsv: cannot be read"):
        read_collection(folder)
