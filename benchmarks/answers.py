"""What the extractive engine answers and what it refuses: the starter library's questions, and BioASQ's, which it holds nothing on.

    python benchmarks/answers.py --data ../shared/data --out benchmarks/results/answers.json

Builds the starter library in a temporary folder and asks every question of `ingestion/starter/questions-*.jsonl`, then, where the data folder is
given, a fixed sample of BioASQ questions: biology and medicine outside the starter library's topics, so that answering one is nearly always wrong.
The README's example is asked through the command line; its output is kept beside the results as `example.txt`. Rates come with Wilson 95%
intervals (Wilson, JASA 1927).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.service import Assistant
from ingestion import starter
from ingestion.library import Library
from ingestion.pipeline import ingest_files

BIOASQ_SAMPLE = 300
EXAMPLE = "Is sertraline safe after a heart attack?"


def rate(hits: int, n: int) -> dict[str, float | int]:
    """A proportion with its Wilson 95% interval."""
    if not n:
        return {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    z, p = 1.96, hits / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return {"value": p, "low": (centre - half) / (1 + z * z / n), "high": (centre + half) / (1 + z * z / n), "n": n}


def judge(question: dict[str, Any], answer: Answer) -> dict[str, bool]:
    """Whether a gold document is cited, and whether the cited words hold every figure or word that a right answer has."""
    cited = {citation.document_id for claim in answer.claims for citation in claim.citations}
    words = " ".join(citation.quote for claim in answer.claims for citation in claim.citations).lower()
    return {
        "answered": not answer.abstained,
        "gold": bool(cited & set(question["gold_document_ids"])),
        "figure": all(text.lower() in words for text in question["must_contain"]),
    }


async def measure(assistant: Assistant, data: Path | None) -> dict[str, Any]:
    """All rates."""
    questions = [
        json.loads(line)
        for path in sorted(starter.FOLDER.glob("questions-*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    # Questions marked `selected` were kept because they were refused: they guard against regressions and measure nothing.
    questions = [question for question in questions if not question.get("selected")]
    judged, refused, total = [], 0, 0
    for question in questions:
        answer = await assistant.ask(question["question"])
        if question["answerable"]:
            judged.append(judge(question, answer))
        else:
            total += 1
            refused += answer.abstained
            if not answer.abstained:
                print("answered, should refuse:", question["question"])
    results: dict[str, Any] = {
        name: rate(sum(one[name] for one in judged), len(judged)) for name in ("answered", "gold", "figure")
    }
    results["refused"] = rate(refused, total)
    if data:
        path = data / "eval" / "qa" / "bioasq.jsonl"
        foreign = [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]
        random.Random(11).shuffle(foreign)
        answers = [(q, await assistant.ask(q)) for q in foreign[:BIOASQ_SAMPLE]]
        for question, answer in answers:
            if not answer.abstained:
                print("answered a BioASQ question:", question, "->", answer.claims[0].text)
        results["refused_bioasq"] = rate(sum(answer.abstained for _, answer in answers), len(answers))
    return results


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="the folder of public data; without it BioASQ is left out")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        with Library.open(Path(home), purpose="benchmarks/answers.py") as library:
            ingest_files(library, starter.PATHS)
            results = asyncio.run(measure(Assistant(library), args.data))
        command = [sys.executable, "-c", "from assistant.cli import main; main()", "ask", EXAMPLE]
        environment = {**os.environ, "CITEWELL_HOME": home, "COLUMNS": "110", "NO_COLOR": "1"}
        example = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    for name, r in results.items():
        print(f"{name:16} {r['value']:.3f} [{r['low']:.3f}, {r['high']:.3f}]  n={r['n']}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    example = "\n".join(line.rstrip() for line in example.strip().splitlines())
    args.out.with_name("example.txt").write_text(example + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
