"""What the workflow adds to a language model and the index: asks the starter library's questions of a model on the loopback that answers at once.

    python benchmarks/llm_overhead.py --out benchmarks/results/llm_overhead.json

The model is a script (`tests/assistant/llm_server.py`): it looks for nothing more, then drafts the first two sentences of the evidence.
The time beside it is all of a question's time but that of the searches, so it counts HTTP on both sides too: an upper bound. `first` is
the time to the first event. `--home` is a library of the starter's documents that is there already; else one is made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "assistant"), str(ROOT / "benchmarks")]

from ask_latency import QUESTIONS, read_questions, summary  # noqa: E402
from llm_server import Request, Text, in_json, serve  # noqa: E402

from assistant.answer import Answer  # noqa: E402
from assistant.opening import open_assistant  # noqa: E402
from assistant.service import Assistant  # noqa: E402
from assistant.settings import Settings  # noqa: E402
from ingestion import starter  # noqa: E402
from ingestion.library import Library  # noqa: E402
from ingestion.pipeline import ingest_files  # noqa: E402

_SENTENCE = re.compile(r"^(E\d+\.\d+) \| (.+)$", re.MULTILINE)


def reply(request: Request) -> Text:
    """Done where tools are offered; else a draft of the first two sentences, each citing itself."""
    if request.tools:
        return Text("DONE")
    sentences = _SENTENCE.findall(request.messages[-1]["content"])[:2]
    claims = [{"text": text, "citations": [number]} for number, text in sentences]
    return in_json({"answerable": True, "claims": claims}, pieces=200)


async def ask(assistant: Assistant, question: str) -> tuple[float, float, Answer]:
    """Milliseconds to the first event, those beside the searches, and the answer."""
    started = time.perf_counter()
    first = 0.0
    async for event in assistant.stream(question):
        first = first or (time.perf_counter() - started) * 1000
        if isinstance(event, Answer):
            total = (time.perf_counter() - started) * 1000
            return first, total - sum(step.ms for step in event.trace if step.step == "search"), event
    raise RuntimeError("the stream ended without an answer")


async def measure(assistant: Assistant, questions: list[str]) -> dict[str, Any]:
    """Both times over the questions, asked one after the other, and how many the model answered."""
    await ask(assistant, questions[0])  # the first loads what the others find loaded
    results = [await ask(assistant, question) for question in questions]
    return {
        "n": len(results),
        "first": summary([first for first, _, _ in results]),
        "beside": summary([beside for _, beside, _ in results]),
        "by_the_model": sum(answer.engine == "llm" for _, _, answer in results),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
    }


def main() -> None:
    """Build the starter library, ask, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--home", type=Path)
    args = parser.parse_args()
    questions = read_questions(sorted(QUESTIONS.glob("questions*.jsonl")))
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(args.home or Path(folder), purpose="a benchmark") as library,
    ):
        ingest_files(library, starter.PATHS)
        with serve(reply) as server:
            settings = Settings(llm=server.spec, llm_tools="native", llm_context=32_000)
            result = asyncio.run(measure(open_assistant(library, settings), questions))
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
