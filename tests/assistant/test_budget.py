"""What a question may take of a model, and how tokens are estimated without a tokeniser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.agent.budget import Budget, Limits, estimate_tokens
from assistant.errors import LimitError
from assistant.model_cards import find_card

LIMITS = Limits(seconds=60, tokens=1000, tool_calls=2, cost_usd=0.01)


class Clock:
    """Time that passes when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def budget(limits: Limits = LIMITS, clock: Clock | None = None) -> Budget:
    return Budget(limits, find_card("openai", "gpt-4.1", "api"), clock or Clock())


def test_what_is_taken_is_counted_and_paid_for() -> None:
    taken = budget()
    taken.spend(500, 100)
    assert taken.usage.model_dump() == {"prompt_tokens": 500, "completion_tokens": 100, "cost_usd": 0.0018}


def test_each_limit_names_itself_and_its_setting() -> None:
    with pytest.raises(LimitError, match=r"1,000 tokens.*CITEWELL_LLM_TOKENS"):
        budget().spend(900, 200)
    with pytest.raises(LimitError, match=r"0\.001 USD.*CITEWELL_LLM_COST"):
        budget(Limits(60, 1000, 2, 0.001)).spend(500, 100)
    calls = budget()
    calls.tool_call()
    calls.tool_call()
    with pytest.raises(LimitError, match=r"2 tool calls.*CITEWELL_LLM_TOOL_CALLS"):
        calls.tool_call()
    assert calls.tool_calls == 2
    clock = Clock()
    late = budget(clock=clock)
    clock.now += 59
    assert late.left_seconds() == pytest.approx(1)
    clock.now += 2
    assert late.left_seconds() == 0
    with pytest.raises(LimitError, match=r"60 s.*CITEWELL_LLM_SECONDS"):
        late.check_time()


def test_what_went_over_is_counted_all_the_same() -> None:
    over = budget()
    with pytest.raises(LimitError):
        over.spend(2000, 1)
    assert over.usage.prompt_tokens == 2000


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(one: str, other: str) -> None:
    assert estimate_tokens(one + "\n" + other) >= max(estimate_tokens(one), estimate_tokens(other))
    assert estimate_tokens(one) <= 3 * len(one)


@pytest.mark.parametrize(
    "text",
    [
        "In adults with atrial fibrillation, direct oral anticoagulants reduced stroke compared with warfarin (RR 0.81; 95% CI 0.73-0.91).",
        "Hydrochlorothiazide 12.5 mg/day or chlorthalidone; empagliflozin, ticagrelor, idarucizumab, pneumococcal polysaccharide.",
        '{"type": "object", "properties": {"claims": {"type": "array", "items": {"type": "string"}}}}',
        "高血圧の治療について、ガイドラインは何を推奨しますか。",
        "Лечение артериальной гипертензии у пожилых пациентов",
    ],
)
def test_the_estimate_is_rather_too_high_than_too_low(text: str) -> None:
    tiktoken = pytest.importorskip("tiktoken", reason="pip install 'citewell[llm]'")
    from llama_index.core.utils import get_tokenizer

    assert tiktoken
    counted = len(get_tokenizer()(text))  # GPT-3.5's, which comes with LlamaIndex
    assert counted <= estimate_tokens(text) <= 2.5 * counted
