"""ragas' metrics of a real model's answers, judged by that model after it was tried on labelled claims; the verifier beside it.

    pip install 'citewell[ragas]'
    CITEWELL_LLM=openai-like:qwen2.5-coder-1.5b-instruct@http://127.0.0.1:8089/v1 \\
        python benchmarks/faithfulness.py --data ../shared/data/eval --out benchmarks/results/faithfulness.json

What `citewell eval run faithfulness` does, over PubMedQA and with a line for every step, so that a log shows when it will be done. How often the
judge is asked is said before anything is. A run that was killed goes on where it stopped: answers and judgements are kept in `cache/` under
CITEWELL_HOME. A question may take 600 s (CITEWELL_LLM_SECONDS): models on a processor are slow.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evals.report import result_of
from evals.suites.base import Options
from evals.suites.faithfulness import FaithfulnessSuite, calls_at_most


class Told:
    """Progress as lines: what is done, how long it took, and how long the rest of this stage will take at that pace."""

    def __init__(self) -> None:
        self._stage, self._began, self._first = "", time.monotonic(), 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage, self._began, self._first = stage, time.monotonic(), done
        took = time.monotonic() - self._began
        pace = took / (done - self._first) if done > self._first else None
        left = "" if pace is None else f", about {pace * (total - done) / 60:.0f} min left"
        print(f"{stage}: {done}/{total}, {took / 60:.1f} min{left}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation sets")
    parser.add_argument("--questions", type=int, default=5, help="how many (default: %(default)s)")
    parser.add_argument(
        "--gold", type=int, default=40, help="labelled claims to try the judge on (default: %(default)s)"
    )
    parser.add_argument("--k", type=int, default=3, help="passages found that are judged (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    os.environ.setdefault("CITEWELL_LLM_SECONDS", "600")
    options = Options(k=args.k, seed=args.seed, limit=args.questions, gold=args.data / "support", gold_limit=args.gold)
    print(f"The judge is asked {calls_at_most(options, args.questions)} times at most.", flush=True)
    started = time.monotonic()
    outcome = FaithfulnessSuite().run(args.data / "qa" / "pubmedqa.jsonl", options, Told())
    command = shlex.join(["python", "benchmarks/faithfulness.py", *(sys.argv[1:] if arguments is None else arguments)])
    result = result_of(FaithfulnessSuite.name, outcome, options, command, time.monotonic() - started)
    args.out.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    for name, measure in [*result.judge.items(), *result.metrics.items()]:
        print(f"{name:<24} {measure}")
    print(f"{result.failures} failures", *result.problems, sep="\n")


if __name__ == "__main__":
    main()
