"""Prompts are files that all can be read, rendered by one function, and known by a hash."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from assistant.prompts import ROLES, names, purpose, render

VALUES = {
    "draft": {"evidence": "E", "question": "Q", "max_claims": 6},
    "repair": {"evidence": "E", "question": "Q", "failed": [{"text": "T", "citations": ["E1.1"], "why": "no"}]},
    "gather": {"question": "Q", "found": "F"},
    "extract_study": {"evidence": "E", "question": "Q"},
    "simplify": {"sentences": ["One.", "Two."]},
    "standalone": {"turns": ["Q"], "question": "and in children?"},
    "structure": {"text": "T", "wanted": ["age: a number"]},
    "summarise": {"evidence": "E", "focus": "harms", "sentences": 5},
    "plan_calls": {"question": "Q", "found": "F", "tools": ["search(query)"], "max_calls": 3},
}


@pytest.mark.parametrize("name", names())
def test_a_prompt_says_what_it_is_for_and_shows_only_what_it_asks_for(name: str) -> None:
    assert purpose(name)
    prompt = render(name, **VALUES[name])
    assert prompt.label.startswith(f"{name}-")
    assert {message.role for message in prompt.messages} <= set(ROLES)
    for message in prompt.messages:
        if message.role == "assistant":
            json.loads(message.content)


def test_exemplars_can_be_left_out_and_the_hash_says_so() -> None:
    shown, bare = (render("draft", exemplars=each, **VALUES["draft"]) for each in (True, False))
    assert len(bare.messages) == 2
    assert len(shown.messages) > 2
    assert shown.digest != bare.digest


@given(question=st.text(max_size=80), evidence=st.text(max_size=80))
def test_what_is_filled_in_is_no_template_and_not_in_the_hash(question: str, evidence: str) -> None:
    marked = f"{{{{ 7 * 7 }}}} {question}"
    prompt = render("draft", evidence=evidence, question=marked, max_claims=6)
    assert marked.rstrip() in prompt.messages[-1].content + " "
    assert prompt.digest == render("draft", evidence="", question="", max_claims=6).digest


def test_a_missing_value_and_an_unknown_prompt_are_mistakes() -> None:
    with pytest.raises(UndefinedError):
        render("draft", question="Q")
    with pytest.raises(KeyError):
        render("no such prompt")
