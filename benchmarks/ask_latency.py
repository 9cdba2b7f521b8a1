"""How long a question takes: asks a running server the starter library's questions and reports p50, p95 and the slowest, in milliseconds.

    citewell serve &
    python benchmarks/ask_latency.py --url http://127.0.0.1:8000 --repeat 5 --out latency.json

The time is the client's, from request to whole answer, one question at a time over one connection. `first` is the first time each question is
asked of a server that has answered before: what a clinician waits. The repeats ask all questions again, each in an order of its own, when the
server remembers their sentences; the spread over repeats shows how far to trust a figure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

WARM_UP = "Does regular exercise lower blood pressure?"
QUESTIONS = Path(__file__).resolve().parents[1] / "ingestion" / "starter"


def read_questions(paths: Sequence[Path]) -> list[str]:
    """The questions of JSONL files (`{"question": …}` a line). Raises `ValueError` naming file and line, or where there is none."""
    questions = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                questions.append(str(json.loads(line)["question"]))
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f'{path}:{number}: no JSON object with a "question"') from error
    if not questions:
        raise ValueError(f"no question in {', '.join(map(str, paths)) or QUESTIONS}; name files with --questions")
    return questions


def ask(client: httpx.Client, question: str) -> float:
    """Milliseconds until the whole answer is here. Raises `httpx.HTTPError` where the server does not answer with success."""
    started = time.perf_counter()
    client.post("/v1/ask", json={"question": question}).raise_for_status()
    return (time.perf_counter() - started) * 1000


def summary(times: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the slowest, in milliseconds to a tenth; percentiles are interpolated over the times themselves."""
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else [times[0]] * 99
    return {"p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1), "max_ms": round(max(times), 1)}


def measure(client: httpx.Client, questions: Sequence[str], repeat: int, seed: int) -> dict[str, Any]:
    """Summary over all repeats, and for each figure its lowest and highest among the repeats."""
    ask(client, WARM_UP)
    first = summary([ask(client, question) for question in questions])
    order = random.Random(seed)
    runs = [[ask(client, question) for question in order.sample(questions, len(questions))] for _ in range(repeat)]
    each = [summary(run) for run in runs]
    return {
        "n": len(questions),
        "repeats": repeat,
        "seed": seed,
        "first": first,
        **summary([value for run in runs for value in run]),
        "spread_ms": {name: [min(s[name] for s in each), max(s[name] for s in each)] for name in each[0]},
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
    }


def row(result: dict[str, Any]) -> str:
    """The result as a row of a Markdown table: questions x repeats, p50, p95 (its spread over repeats), the slowest."""
    low, high = result["spread_ms"]["p95_ms"]
    return (
        f"| ask, {result['n']} questions x {result['repeats']} | p50 {result['p50_ms']} ms "
        f"| p95 {result['p95_ms']} ms ({low} to {high}) | max {result['max_ms']} ms |"
    )


def main() -> int:
    """Exit code: 0 done, 2 the call is wrong, 1 the server failed."""
    parser = argparse.ArgumentParser(description="Measure how long a running Citewell server takes to answer.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server (default: %(default)s)")
    parser.add_argument("--questions", type=Path, nargs="*", help="JSONL files (default: the starter library's)")
    parser.add_argument("--repeat", type=int, default=5, help="how often each question is asked (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of questions (default: %(default)s)")
    parser.add_argument(
        "--timeout", type=float, default=30, help="seconds to wait for one answer (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    arguments = parser.parse_args()
    if arguments.repeat < 1:
        parser.error("--repeat is at least 1")
    try:
        questions = read_questions(arguments.questions or sorted(QUESTIONS.glob("questions*.jsonl")))
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        with httpx.Client(base_url=arguments.url, timeout=arguments.timeout) as client:
            result = measure(client, questions, arguments.repeat, arguments.seed)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        print(f"{arguments.url}: {error}; is `citewell serve` running there?", file=sys.stderr)
        return 1
    text = json.dumps(result, indent=2)
    if arguments.out:
        arguments.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    print(row(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
