"""A real language model over questions of the development sets: what it looked up, drafted, was not let through with, and where it failed.

    ../shared/tools/local_llm.sh start
    CITEWELL_LLM=openai-like:local@http://127.0.0.1:8089/v1 \\
        python benchmarks/local_llm.py --data ../shared/data/eval --questions 30 --out benchmarks/results/local_llm.json

Each question is asked over the texts of all the questions drawn, in a library of their own. What came of it is written at once: a run
that was killed goes on where it stopped. No question, text or answer is written, only counts, times and why the model did not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.opening import open_assistant
from assistant.progress import ToolCalled
from assistant.service import Assistant
from assistant.settings import load_settings
from evals.asking import library_of
from evals.qa_sets import Asked, read_questions, sample

SETS = ("pubmedqa", "bioasq")


async def ask(assistant: Assistant, asked: Asked) -> dict[str, Any]:
    """What came of one question, in counts."""
    started = time.perf_counter()
    tools = []
    async for event in assistant.stream(asked.question):
        if isinstance(event, ToolCalled):
            tools.append(event.tool)
        if isinstance(event, Answer):
            return {
                "engine": event.engine,
                "abstained": event.abstained,
                "why": [warning.text for warning in event.warnings if warning.kind == "engine_fallback"],
                "tools": tools,
                "shown": len(event.claims),
                "left_out": int(found[1]) if (found := re.search(r"(\d+) did not stand up", event.rationale)) else 0,
                "verbatim": all(
                    assistant.passage(c.passage_id).text[c.start : c.end] == c.quote
                    for claim in event.claims
                    for c in claim.citations
                ),
                "gold_cited": any(c.document_id in asked.gold for claim in event.claims for c in claim.citations),
                "tokens": [event.usage.prompt_tokens, event.usage.completion_tokens],
                "seconds": round(time.perf_counter() - started, 1),
            }
    raise RuntimeError("the stream ended without an answer")


def run(data: Path, count: int, out: Path, seed: int) -> None:
    """Ask what has not been asked before, and write after each question."""
    done: dict[str, Any] = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"questions": {}}
    drawn: list[tuple[str, Asked]] = []
    texts = {}
    for number, name in enumerate(SETS):
        read = read_questions(data / "qa" / f"{name}.jsonl")
        share = count // len(SETS) + (number < count % len(SETS))
        for asked in sample(read.questions, share, seed):
            drawn.append((f"{name}:{asked.question_id}", asked))
            texts.update({key: read.texts[key] for key in asked.gold if key in read.texts})
    settings = load_settings()
    with library_of(texts) as library:
        assistant = open_assistant(library, settings)
        for number, (key, asked) in enumerate(drawn, start=1):
            if key not in done["questions"]:
                done["questions"][key] = asyncio.run(ask(assistant, asked))
                done |= {
                    "model": (settings.llm or "none").partition("@")[0],
                    "documents": len(texts),
                    "seconds_limit": settings.llm_seconds,
                    "machine": {"cores": os.cpu_count(), "system": platform.system()},
                }
                out.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
            print(f"{number}/{len(drawn)} {key} {done['questions'][key]}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of evaluation sets")
    parser.add_argument("--questions", type=int, default=30, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(arguments)
    run(args.data, args.questions, args.out, args.seed)


if __name__ == "__main__":
    main()
