"""The product's own answers to the questions of a set, from a library of the set's texts, in each engine that is set up."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.answer import Answer, EngineName
from assistant.errors import AssistantError
from assistant.opening import open_assistant
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.verification.neural import load_neural
from evals.cache import CachedEmbedder, Kept, cache_folder, key_of
from evals.environment import code_digest
from evals.errors import DataError
from evals.qa_sets import Asked
from evals.qa_texts import AnyText, write_files
from evals.suites.base import Progress
from indexes.embedding import load_embedder
from indexes.errors import UnusableQueryError
from indexes.filters import Filters
from ingestion.library import Library
from ingestion.pipeline import ingest_files

LLM, BARE, EXTRACTIVE = "llm", "llm without exemplars", "extractive"


@dataclass(frozen=True, slots=True)
class System:
    """What is asked, and by which of its engines."""

    assistant: Assistant
    engine: EngineName


@contextmanager
def library_of(
    texts: Mapping[str, AnyText], progress: Progress = lambda *_: None, problems: list[str] | None = None
) -> Iterator[Library]:
    """A library of the texts, ingested from files of their formats, that is gone afterwards. `progress` is told of the bytes read, `problems`
    gets what could not be read, which counts as not there. Raises `DataError` where that is all of them."""
    with (
        tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder,
        closing(CachedEmbedder(load_embedder(), cache_folder() / "embeddings.sqlite")) as embedder,
    ):
        files = write_files(texts.values(), Path(folder))
        with Library.open(Path(folder) / "home", purpose="citewell eval", embedder=embedder) as library:
            report = ingest_files(
                library, files, on_progress=lambda at: progress("reading texts", at.done_bytes, at.total_bytes)
            )
            failed = [f"{record}: {reason}" for _, record, reason, _ in report.failures]
            if not report.documents:
                raise DataError(
                    f"none of the {len(texts)} texts could be read, such as {failed[0] if failed else 'an empty one'}"
                )
            if problems is not None:
                problems += failed
            library.searcher.engine.optimize()
            yield library


def systems_of(library: Library, settings: Settings, *, bare: bool = False) -> dict[str, System]:
    """What can be asked; the first is the product as shipped with these settings. `bare`: the model without its exemplars too."""
    systems: dict[str, System] = {}
    if settings.llm:
        systems[LLM] = System(open_assistant(library, settings), "llm")
        if bare:
            systems[BARE] = System(open_assistant(library, settings, exemplars=False), "llm")
    without = settings.model_copy(update={"llm": None})
    systems[EXTRACTIVE] = System(open_assistant(library, without), "extractive")
    return systems


def ask(system: System, asked: Asked, problems: list[str], only: Filters | None = None) -> Answer | None:
    """The answer, from what passes `only`; a question that could not be asked is noted and counts as not answered."""
    try:
        answer = asyncio.run(system.assistant.ask(asked.question, filters=only, engine=system.engine))
    except (AssistantError, UnusableQueryError) as error:
        problems.append(f"{asked.question_id}: {error}")
        return None
    if system.engine == "llm" and answer.engine != "llm":
        why = next((warning.text for warning in answer.warnings if warning.kind == "engine_fallback"), "")
        problems.append(f"{asked.question_id}: {why}")
    return answer


def ask_all(
    systems: Mapping[str, System],
    asked: Sequence[Asked],
    texts: Mapping[str, AnyText],
    settings: Settings,
    problems: list[str],
    progress: Progress,
) -> dict[str, list[Answer | None]]:
    """Every system's answer to every question, in their order.

    What a model answered is kept on disk for the same question, texts, settings, verifier and code of ours, so that a killed run need not ask again.
    """
    same = (
        json.dumps(_model_settings(settings), sort_keys=True, default=str),
        verifier.name if (verifier := load_neural(settings.verifier)) else "",
        code_digest(),
        repr(sorted(texts.items())),
    )
    answers: dict[str, list[Answer | None]] = {name: [] for name in systems}
    with closing(Kept(cache_folder() / "answers.sqlite", "answers")) as kept:
        for number, (name, system) in enumerate(systems.items()):
            for done, one in enumerate(asked, start=1):
                key = key_of(name, one.question_id, one.question, *same)
                known = kept.find([key]) if system.engine == "llm" else {}
                answer = Answer.model_validate_json(known[key]) if known else ask(system, one, problems)
                if answer and not known and answer.engine == "llm":
                    kept.keep({key: answer.model_dump_json().encode()})
                answers[name].append(answer)
                progress(f"asking ({name})", number * len(asked) + done, len(systems) * len(asked))
    return answers


def _model_settings(settings: Settings) -> dict[str, object]:
    """The settings that an answer may hang on; keys open doors and say nothing, and of the verifier its weights say more than its place."""
    kinds = ("llm", "live", "reranker", "embedder")
    return {
        name: value
        for name, value in settings.model_dump().items()
        if name.startswith(kinds) and not name.endswith("api_key")
    }
