"""What the assistant can be asked to do, beyond answering: one file each, and one line in `TASKS`."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.answer import TaskName
from assistant.tasks.base import Model, Need, Request, Task
from assistant.tasks.evidence_synthesis import EvidenceSynthesis
from assistant.tasks.plain_language import PlainLanguage
from assistant.tasks.question_answering import QuestionAnswering
from assistant.tasks.structuring import Structuring
from assistant.tasks.summarising import Summarising

__all__ = ["TASKS", "Model", "Need", "Request", "Task"]

_TASKS: tuple[Task, ...] = (
    QuestionAnswering(),
    EvidenceSynthesis(),
    PlainLanguage(),
    Structuring(),
    Summarising(),
)
TASKS: Mapping[TaskName, Task] = {task.name: task for task in _TASKS}
"""Name -> task."""
