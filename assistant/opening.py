"""An assistant over an open library, as the settings say: with a model to reason where one is set up."""

from __future__ import annotations

from assistant.composing.engine import ExtractiveEngine
from assistant.engine import Engine
from assistant.errors import LlmError, SettingsError
from assistant.service import TIMEOUT_S, Assistant
from assistant.settings import Settings
from assistant.shelves import Shelf
from assistant.tools.shelves import open_shelves
from assistant.verification.neural import NONE, load_neural
from indexes.errors import ModelError, ModelMissingError
from ingestion.library import Library


def open_assistant(library: Library, settings: Settings, *, exemplars: bool = True) -> Assistant:
    """The assistant. `exemplars`: whether prompts show a model by example what is wanted.

    A model that cannot be used does not keep it from answering: each answer says why it did without. Raises `SettingsError` where the verifier
    that the settings name cannot be used: without it claims would be checked less strictly than was asked for.
    """
    _check_verifier(settings)
    shelf = open_shelves(library)
    if settings.llm is None:
        return Assistant(library, shelf=shelf)
    # Here and not above: without a model none of this is loaded.
    from assistant.agent.budget import Limits
    from assistant.agent.engine import LlmEngine, MissingEngine
    from assistant.agent.task_model import TaskModel
    from assistant.conversation.rewording import LlmRewriter
    from assistant.llms import open_llm
    from assistant.tools import Bench, load_tools

    timeout_s = settings.llm_seconds + TIMEOUT_S  # whatever the model takes, there is time to answer without it
    try:
        llm = open_llm(settings)
    except (LlmError, SettingsError) as error:
        why = str(error)

        def missing() -> TaskModel:
            raise LlmError(why)

        return Assistant(
            library, shelf=shelf, llm=lambda _first, _shelf: MissingEngine(why), model=missing, timeout_s=timeout_s
        )
    if llm is None:
        return Assistant(library, shelf=shelf)
    tools = tuple(load_tools(settings, library.home).values())
    limits = Limits.of(settings)

    def engine(first: ExtractiveEngine, shelf: Shelf) -> Engine:
        return LlmEngine(llm, limits, tools, Bench(library, shelf), first, exemplars=exemplars)

    def model() -> TaskModel:
        return TaskModel(llm, limits, exemplars=exemplars)

    rewriter = LlmRewriter(llm, limits, exemplars=exemplars)
    return Assistant(library, shelf=shelf, llm=engine, model=model, rewriter=rewriter, timeout_s=timeout_s)


def _check_verifier(settings: Settings) -> None:
    """Load the verifier that is named now, and not only with the first question that needs it."""
    if settings.verifier in (None, NONE):
        return
    try:
        load_neural(settings.verifier)
    except (ModelError, ModelMissingError) as error:
        raise SettingsError(
            f"CITEWELL_VERIFIER names what is no verifier. {error} Without the setting the one that ships is used, with none no verifier."
        ) from error
