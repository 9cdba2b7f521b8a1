"""A scripted judge: it reads the input of ragas' prompts and judges by whether words stand there. It can be told to fail."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "assistant"))  # the scripted model
from llm_server import Reply, Request, Text, in_json

FORMS = (
    "NLIStatementOutput", "StatementGeneratorOutput", "AnswerRelevanceOutput", "ContextPrecisionOutput", "ContextRecallOutput",
)  # fmt: skip
_SENTENCE = re.compile(r"^(E\d+\.\d+) \| (.+)$", re.MULTILINE)
Otherwise = Callable[[str, dict[str, Any], Request], Reply | None]
"""(form, input of the prompt, request) -> what is replied instead of the verdict, or `None`."""


def form_of(request: Request) -> str:
    """The form that a request asks to be filled in; empty where it asks for none of a judge's."""
    asked = request.body.get("response_format", {}).get("json_schema", {})
    return str(asked.get("name", ""))


def judge(otherwise: Otherwise = lambda form, given, request: None) -> Callable[[Request], Reply]:
    """A model that drafts an answer of the evidence's second sentence, and as a judge says 1 where words stand in the context word for word."""

    def reply(request: Request) -> Reply:
        form, said = form_of(request), request.messages[0]["content"]
        if form not in FORMS:
            number, text = _SENTENCE.findall(request.messages[-1]["content"])[-1]
            return in_json({"answerable": True, "claims": [{"text": text, "citations": [number]}]})
        given = json.loads(said[said.rindex("input: ") + 7 : said.rindex("Output:")])
        return otherwise(form, given, request) or in_json(verdict(form, given))

    return reply


def verdict(form: str, given: dict[str, Any]) -> dict[str, Any]:
    """The form, filled in honestly."""
    if form == "StatementGeneratorOutput":
        return {"statements": [each for each in re.split(r"(?<=\.)\s+", given["answer"]) if each]}
    if form == "NLIStatementOutput":
        return {
            "statements": [
                {"statement": each, "reason": "read", "verdict": int(each in given["context"])}
                for each in given["statements"]
            ]
        }
    if form == "AnswerRelevanceOutput":
        return {"question": f"What is said: {given['response']}", "noncommittal": 0}
    if form == "ContextPrecisionOutput":
        return {"reason": "read", "verdict": 1}
    return {"classifications": [{"statement": given["answer"], "reason": "read", "attributed": 1}]}


__all__ = ["Text", "form_of", "judge", "verdict"]
