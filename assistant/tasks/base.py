"""What a task is: something the assistant can be asked to do, what it needs for it, and how it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from assistant.answer import Answer, EngineName, TaskName
from assistant.progress import Tell
from assistant.run import Run
from indexes.filters import Filters

if TYPE_CHECKING:
    from assistant.service import Assistant

Need = Literal["question", "answer", "document_id", "text"]
SENTENCES = 6
"""Of a summary, where the caller does not say."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller gives; what a task does not look at may be anything.

    `question` is the focus of a summary. `schema` is the JSON schema that a text is brought into. `text` may hold what identifies a patient: it is
    never logged, and never part of an error.
    """

    question: str = ""
    answer: Answer | None = None
    document_id: str = ""
    text: str = field(default="", repr=False)
    schema: Mapping[str, Any] | None = None
    sentences: int = SENTENCES
    filters: Filters | None = None
    engine: EngineName | None = None

    def gives(self, need: Need) -> bool:
        """Whether it holds this."""
        return bool(getattr(self, need))


class Model(Protocol):
    """A language model for one request: it fills in JSON objects. What it writes is material; the task checks every word that is shown."""

    @property
    def name(self) -> str: ...

    def room(self, prompt: str, schema: Mapping[str, Any], **values: Any) -> int: ...

    async def reply(
        self, run: Run, prompt: str, schema: Mapping[str, Any], *, said: str, **values: Any
    ) -> dict[str, Any]: ...


class Task(Protocol):
    """One task. `needs`: any one of these must be given. Each sentence of the answer has passed `assistant.checking.check`."""

    @property
    def name(self) -> TaskName: ...

    @property
    def summary(self) -> str: ...

    @property
    def needs(self) -> tuple[Need, ...]: ...

    async def run(self, request: Request, assistant: Assistant, tell: Tell) -> Answer:
        """Do it. Raises `QuestionError` and `NotFoundError` for what cannot be taken; a model that fails does not make it fail."""
        ...
