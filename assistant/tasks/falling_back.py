"""A task's model, or what is done without one and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answer import Warning as AnswerWarning
from assistant.errors import LlmError
from assistant.run import Run
from assistant.tasks.base import Model

if TYPE_CHECKING:
    from assistant.service import Assistant


def open_model(run: Run, assistant: Assistant) -> Model | None:
    """The model, where this run is to use one. One that cannot be used is said so, and the run goes on without."""
    if run.engine != "llm" or assistant.model is None:
        return None
    try:
        return assistant.model()
    except LlmError as error:
        do_without(run, str(error))
        return None


def do_without(run: Run, why: str) -> None:
    """Let the rules do it, and say so. What was drafted until then does not count; what was spent stays noted."""
    run.start_over("extractive", f"{why} It was done by rules instead.")


def warn(run: Run, why: str) -> None:
    """Say what a model could not do, where the rest of the run stands."""
    run.warnings.append(AnswerWarning(kind="engine_fallback", text=why))
