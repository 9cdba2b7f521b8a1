"""What the workflow adds to a language model and the index: asks the starter library's questions of a model on the loopback that answers at once.

    python benchmarks/llm_overhead.py --out benchmarks/results/llm_overhead.json

The model is a script (`tests/assistant/llm_server.py`) in a process of its own: it looks for nothing more, then drafts the first two sentences
of the evidence. `beside` is a question's time without that of its searches and of the model: what the same requests take when a bare HTTP client
sends them again and reads the answers to the end. `first` is the time to the first event. `--home` is a library of the starter's documents that
is there already; else one is made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import queue
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, TypeAlias

import httpx

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
SETTLE_S = 0.1
"""How long a request may take to be told of by the other process."""
Requests: TypeAlias = "Queue[dict[str, Any]]"


def reply(asked: Requests, request: Request) -> Text:
    """Done where tools are offered; else a draft of the first two sentences, each citing itself."""
    asked.put(request.body)
    if request.tools:
        return Text("DONE")
    sentences = _SENTENCE.findall(request.messages[-1]["content"])[:2]
    claims = [{"text": text, "citations": [number]} for number, text in sentences]
    return in_json({"answerable": True, "claims": claims}, pieces=200)


def serve_until(done: Event, address: Queue[tuple[str, str]], asked: Requests) -> None:
    """The model's process: tells its name and address, serves."""
    asked.cancel_join_thread()  # what nobody has asked for by then is not waited for
    with serve(partial(reply, asked)) as server:
        address.put((server.spec, server.url))
        done.wait()


@contextmanager
def served() -> Iterator[tuple[str, str, Requests]]:
    """A model in another process: its name for `Settings`, its address, and what it was asked."""
    context = multiprocessing.get_context("spawn")
    done, address, asked = context.Event(), context.Queue(), context.Queue()
    process = context.Process(target=serve_until, args=(done, address, asked), daemon=True)
    process.start()
    try:
        yield (*address.get(), asked)
    finally:
        done.set()
        process.join()


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


async def bare(url: str, bodies: Sequence[dict[str, Any]]) -> float:
    """Milliseconds that the model takes for the requests, asked by nothing but an HTTP client, with a connection each as Citewell has."""
    contents = [json.dumps(body) for body in bodies]
    async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0), timeout=60, verify=False) as client:  # noqa: S501
        started = time.perf_counter()
        for content in contents:
            async with client.stream("POST", f"{url}/chat/completions", content=content) as response:
                async for _ in response.aiter_bytes():
                    pass
        return (time.perf_counter() - started) * 1000


async def measure(assistant: Assistant, url: str, asked: Requests, questions: list[str]) -> dict[str, Any]:
    """The times over the questions, asked one after the other, and how many the model answered."""
    firsts, besides, models, by_the_model = [], [], [], 0
    for number, question in enumerate([questions[0], *questions]):
        first, time_left, answer = await ask(assistant, question)
        model = await bare(url, _taken(asked))
        _taken(asked)
        if number:  # the first loads what the others find loaded
            firsts.append(first)
            besides.append(time_left - model)
            models.append(model)
            by_the_model += answer.engine == "llm"
    return {
        "n": len(firsts),
        "first": summary(firsts),
        "beside": summary(besides),
        "model": summary(models),
        "by_the_model": by_the_model,
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()},
    }


def _taken(asked: Requests) -> list[dict[str, Any]]:
    """What the model was asked since this was last called."""
    taken = []
    with suppress(queue.Empty):
        while True:
            taken.append(asked.get(timeout=SETTLE_S))
    return taken


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
        served() as (spec, url, asked),
    ):
        ingest_files(library, starter.PATHS)
        settings = Settings(llm=spec, llm_tools="native", llm_context=32_000)
        result = asyncio.run(measure(open_assistant(library, settings), url, asked, questions))
    args.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
