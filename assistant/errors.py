"""The one error family of `assistant`: every message names the input and the mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class AssistantError(Exception):
    """Base of everything `assistant` raises on purpose. `str(error)` is fit to be shown to a user."""


class QuestionError(AssistantError):
    """The question cannot be taken: empty, too long, or not text."""


class TooSlowError(AssistantError):
    """The answer took longer than a question may take."""


class NotFoundError(AssistantError):
    """No document or passage has the identifier asked for."""


class SettingsError(AssistantError):
    """A `CITEWELL_*` variable or a line of `citewell.toml` has a value that cannot be used."""


class RefusedError(AssistantError):
    """A request is refused for what it is, not for what it asks: `status` and `headers` are those of the response."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class ServerError(AssistantError):
    """The running server that holds the library cannot be asked."""


class ToolError(AssistantError):
    """A tool cannot be run with the arguments given; the words tell a model how to mend its call."""


class LlmError(AssistantError):
    """The model cannot answer: not reachable, refused, out of its limits, or what it wrote cannot be used."""


class LimitError(LlmError):
    """A question has used up what it may take of the model: time, tokens, tool calls or money. The message names which, and the setting."""


class ContextError(LlmError):
    """A request is larger than the model's context, and was not sent. `needed` and `available` are in tokens, so that a caller can trim it."""

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(
            f"The request needs about {needed:,} tokens with its answer, and the model takes {available:,}. "
            "Ask for less at a time, or use a model with a larger context (CITEWELL_LLM, CITEWELL_LLM_CONTEXT)."
        )
        self.needed = needed
        self.available = available


class CalculatorError(AssistantError):
    """A calculator cannot be used with what it was given: `faults` says of each input what is missing or wrong, and the mend."""

    def __init__(self, title: str, faults: Sequence[str]) -> None:
        super().__init__(f"{title} cannot be calculated. {'; '.join(faults)}.")
        self.faults = tuple(faults)
