"""`citewell chat`: questions one after another, follow-ups among them; earlier sources are opened by number. Works piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import typer

from assistant.answer import EngineName, Source
from assistant.cli.asking import LEVELS, JsonOption, print_answer
from assistant.cli.desk import Desk, open_desk
from assistant.cli.filter_options import with_filters
from assistant.cli.output import err, note, out, print_json, print_whole, text
from assistant.conversation.referring import reopened
from assistant.conversation.reopening import Excerpt, excerpts, unknown_source
from assistant.conversation.turns import Conversation, Turn
from assistant.errors import AssistantError
from assistant.settings import load_settings
from indexes.errors import RetrievalError
from indexes.filters import Filters

HELP = "Ask; or /sources, /open NUMBER, /new, /quit. A follow-up such as “and in pregnancy?” is read after the question before."


@with_filters
def chat(
    engine: Annotated[
        Literal["extractive", "llm"] | None,
        typer.Option(help="Who answers; where not given, the model that CITEWELL_LLM names, if any."),
    ] = None,
    *,
    filters: Filters,
    as_json: JsonOption = False,
) -> None:
    """Ask one question after another, follow-ups among them. Nothing of it is kept when it ends.

    Each line is a question or a command: /sources lists what the last answer cites, /open 2 prints the passage that source 2 was cited from.

    /new forgets what was asked, /quit ends. With --json each line gets one line of JSON.

    [dim]citewell chat[/]
    [dim]printf 'Does tiotropium reduce exacerbations in COPD?\\nand in asthma?\\n/open 1\\n' | citewell chat --json[/]
    """
    with open_desk(load_settings(), "citewell chat") as desk:
        talk = Talk(desk, filters, engine, as_json=as_json)
        for line in _lines():
            if not talk.take(line):
                break
    if talk.failed and not sys.stdin.isatty():
        raise typer.Exit(1)


class Talk:
    """One conversation at the command line. `failed`: whether a line could not be answered."""

    def __init__(self, desk: Desk, filters: Filters, engine: EngineName | None, *, as_json: bool) -> None:
        self._desk, self._filters, self._engine, self._as_json = desk, filters, engine, as_json
        self._conversation = Conversation()
        self.failed = False

    def take(self, line: str) -> bool:
        """Do what a line asks for; whether to go on."""
        words = line.strip()
        if not words:
            return True
        command, _, rest = words.partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "/sources": lambda _: self._sources(),
            "/open": self._open,
            "/new": lambda _: self._forget(),
            "/help": lambda _: note(HELP),
        }
        if command in ("/quit", "/exit"):
            return False
        try:
            if command in commands:
                commands[command](rest)
            elif command.startswith("/"):
                self._fail(f"There is no command {command[:20]}. {HELP}")
            elif reopened(words) is not None:
                self._open(words)
            else:
                self._ask(words)
        except (AssistantError, RetrievalError) as error:
            self._fail(str(error))
        return True

    def _ask(self, question: str) -> None:
        answer = self._desk.ask(question, self._filters, self._engine, self._conversation)
        self._conversation = self._conversation.then(Turn.of(answer))
        if self._as_json:
            print_json(answer.model_dump_json())
        else:
            print_answer(answer)

    def _forget(self) -> None:
        self._conversation = Conversation()
        note("What was asked is forgotten.")

    def _sources(self) -> None:
        turn = self._conversation.citing
        sources = [source for source in turn.sources if source] if turn else []
        if self._as_json:
            print_json(json.dumps({"sources": [source.model_dump() for source in sources]}, ensure_ascii=False))
        elif not sources:
            note("No answer so far has sources.")
        else:
            for number, source in enumerate(sources, start=1):
                _print_source(number, source)

    def _open(self, words: str) -> None:
        number = int(words) if words.strip().isdecimal() and len(words) < 4 else reopened(words)
        turn = self._conversation.citing
        source = turn.source(number) if turn and number else None
        if turn is None or number is None or source is None:
            self._fail(unknown_source(turn))
            return
        found = excerpts(turn, number, lambda passage_id: self._desk.passage(passage_id).text)
        if self._as_json:
            shown = [{"passage_id": one.passage_id, "text": one.text, "cited": list(one.spans)} for one in found]
            print_json(
                json.dumps({"number": number, "source": source.model_dump(), "passages": shown}, ensure_ascii=False)
            )
            return
        _print_source(number, source)
        for one in found:
            _print_excerpt(one)

    def _fail(self, message: str) -> None:
        self.failed = True
        if self._as_json:
            print_json(json.dumps({"error": message}, ensure_ascii=False))
        else:
            err(message)


def _lines() -> Iterator[str]:
    """Lines as they are typed, or as they come through a pipe."""
    prompted = sys.stdin.isatty()
    if prompted:
        note(HELP)
    while True:
        if prompted:
            sys.stderr.write("\n> ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            return
        yield line


def _print_source(number: int, source: Source) -> None:
    level = LEVELS.get(source.evidence_level, source.evidence_level)
    year = f", {source.year}" if source.year else ""
    out.print(text(f"[{number}] ", style="bold cyan") + text(source.title) + text(f" ({level}{year})", style="dim"))
    if source.url:
        print_whole(source.url, "cyan", indent=4)


def _print_excerpt(excerpt: Excerpt) -> None:
    """A passage with the cited words marked; where they are all there is, they are said to be."""
    print_whole(excerpt.passage_id, "dim", indent=4)
    shown = text("")
    at = 0
    for start, end in excerpt.spans:
        shown += text(excerpt.text[at:start]) + text(excerpt.text[start:end], style="bold underline")
        at = end
    out.print(shown + text(excerpt.text[at:]))
    if excerpt.changed:
        note("The library changed since this answer was made; these are the words as they were cited.")
