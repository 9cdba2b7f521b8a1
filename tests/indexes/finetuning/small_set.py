"""A retrieval set small enough to train on in a test."""

from __future__ import annotations

import json
from pathlib import Path

DRUGS = (
    "metformin",
    "sertraline",
    "apixaban",
    "budesonide",
    "ramipril",
    "atorvastatin",
    "warfarin",
    "insulin",
    "amoxicillin",
    "lithium",
)
USES = (
    "diabetes",
    "depression",
    "stroke",
    "asthma",
    "hypertension",
    "cholesterol",
    "embolism",
    "hyperglycaemia",
    "pneumonia",
    "mania",
)
QUERIES = 40


def write_small_set(folder: Path) -> Path:
    """A folder in the BEIR layout: each query has one answer, and shares its words with others."""
    folder.mkdir(parents=True)
    documents, queries, judgements = [], [], ["query-id\tcorpus-id\tscore"]
    for number in range(QUERIES):
        drug, use = DRUGS[number % 10], USES[number % 10]
        text = f"{drug} reduced events of {use} in {100 + number} adults."
        documents.append({"_id": f"d{number}", "title": f"{drug} trial {number}", "text": text})
        queries.append({"_id": f"q{number}", "text": f"what did trial {number} say of {use}"})
        judgements.append(f"q{number}\td{number}\t1")
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in documents))
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in queries))
    (folder / "qrels.tsv").write_text("\n".join(judgements) + "\n")
    (folder / "LICENSE").write_text("\nCC0 1.0 Universal\n")
    return folder
