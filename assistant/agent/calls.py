"""Tool calls on their way: arguments are checked, budgets kept, results taken into the book and told back to the model in few words."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.agent.book import Book, Entry, fenced
from assistant.agent.budget import Budget
from assistant.errors import AssistantError, LimitError, ToolError
from assistant.planning.about import is_about
from assistant.progress import Tell, ToolCalled
from assistant.run import Run
from assistant.tools import Bench, Found, Tool, read_arguments
from assistant.tracing import note
from indexes.errors import RetrievalError
from ingestion.errors import IngestionError

SHOWN = 280  # characters of each passage that the model is shown while it gathers
TEXT = 1500  # characters of a tool's own words


class Caller:
    """Runs the tools of one question. The same call is not run twice."""

    def __init__(self, tools: Sequence[Tool], bench: Bench, book: Book, run: Run, budget: Budget, tell: Tell) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self._bench, self._book, self._run, self._budget, self._tell = bench, book, run, budget, tell
        self._made: set[str] = set()
        self.over = False

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the model is told of a call. What is wrong with it is told too, so that the model can mend it.

        Once no call is left, `over` is true and none is made; what was found until then is there.
        """
        tool = self.tools.get(name)
        if tool is None:
            return f"There is no tool {name[:40]!r}. Tools: {', '.join(self.tools)}."
        try:
            made = f"{name} {json.dumps(arguments, sort_keys=True, default=str)}"
        except RecursionError:
            return f"The call was not made: the arguments are nested too deep. {name} takes plain values."
        if made in self._made:
            return "This call was made before: what it found is in the evidence. Ask for something else, or reply DONE."
        self._made.add(made)
        try:
            self._budget.tool_call()
        except LimitError:
            self.over = True
            return "No more calls may be made. Reply DONE."
        started = time.perf_counter()
        try:
            checked = read_arguments(tool, dict(arguments))
            found = await asyncio.to_thread(tool.run, checked, self._bench)
        except ToolError as error:
            return f"The call was not made: {error}"
        except (AssistantError, IngestionError, RetrievalError):
            note(self._run, "tool", started, tool=name, arguments=arguments, hits=0)
            # The error's own words are for the operator: they may name folders and addresses, which are no business of a model elsewhere.
            return f"{name} cannot be used now. Use another tool, or reply DONE."
        entries = self._take(found)
        note(self._run, "tool", started, tool=name, arguments=arguments, hits=len(found.passages))
        text = f"{name}: {len(found.passages)} passages"
        self._tell(ToolCalled("tool", text, name, dict(arguments), len(found.passages)))
        return _told(found, entries)

    def _take(self, found: Found) -> list[Entry]:
        self._run.hits += found.hits
        # What is found by the way is not told of; where a call found nothing else, that is what was looked for.
        self._run.refused += [p for p in found.retracted if not found.passages or is_about(self._run.planned, p)]
        entries = self._book.add(found.passages, found.hits)
        self._run.retrieved.update(entry.passage.passage_id for entry in entries)
        return entries


def _told(found: Found, entries: Sequence[Entry]) -> str:
    lines = found.text[:TEXT].splitlines()
    for entry in entries:
        text = " ".join(entry.passage.text.split())
        lines += [entry.line(), f"   {text[:SHOWN]}{' …' if len(text) > SHOWN else ''}"]
    return fenced(lines) if lines else "Nothing was found."
