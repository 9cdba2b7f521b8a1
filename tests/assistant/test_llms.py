"""Which language model the settings name, what its card says, and what is refused."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import llm_clients
from assistant.errors import LlmError, SettingsError
from assistant.llms import KEYS, PROVIDERS, card_of, open_llm, parse_spec
from assistant.model_cards import OLLAMA_CONTEXT, UNKNOWN_CONTEXT, find_card, registry
from assistant.settings import Settings, load_settings

KEY = "sk-not-to-be-shown"
LOCAL = "openai-like:local@http://127.0.0.1:8089/v1"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings and no keys from outside."""
    for name in (*KEYS.values(), "CITEWELL_LLM", "CITEWELL_LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def settings(llm: str, **others: object) -> Settings:
    return Settings(llm=llm, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "provider", "model", "url"),
    [
        (LOCAL, "openai-like", "local", "http://127.0.0.1:8089/v1"),
        ("openai:gpt-4.1", "openai", "gpt-4.1", "https://api.openai.com/v1"),
        ("ollama:llama3.1:8b", "ollama", "llama3.1:8b", "http://127.0.0.1:11434/v1"),
        ("openai-like:meta/Llama@2@https://llm.example/v1/", "openai-like", "meta/Llama@2", "https://llm.example/v1"),
        ("anthropic:claude-haiku-4-5", "anthropic", "claude-haiku-4-5", "https://api.anthropic.com"),
        ("azure:ours@https://x.openai.azure.com/openai/v1/", "azure", "ours", "https://x.openai.azure.com/openai/v1"),
    ],
)
def test_a_spec_names_provider_model_and_address(spec: str, provider: str, model: str, url: str) -> None:
    parsed = parse_spec(spec)
    assert (parsed.provider, parsed.model, parsed.url) == (provider, model, url)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("gpt-4.1", "PROVIDER:MODEL"),
        ("openai:", "PROVIDER:MODEL"),
        ("opneai:gpt-4.1", "'opneai', which is not known"),
        ("openai-like:local", "openai-like:local@URL"),
        ("azure:ours", "azure:ours@URL"),
        ("openai-like:local@http://127.0.0.1:x/v1", "host and port"),
        ("openai-like:local@http://host/v1?a=b", "without ?"),
        ("openai:gpt-4.1@http://gateway.example/v1", "https://"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_mend(spec: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_spec(spec)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "url", ["http://user:hush-hush@host/v1", "https://hush-hush@host/v1", "http://a:hush-hush@[::1]:1/v1"]
)
def test_an_address_with_a_password_is_refused_and_never_repeated(url: str) -> None:
    chosen = settings(f"openai-like:local@{url}")
    with pytest.raises(SettingsError, match="CITEWELL_LLM_API_KEY") as error:
        open_llm(chosen)
    assert "hush-hush" not in str(error.value)
    assert "hush-hush" not in repr(chosen)


@given(st.text())
def test_no_spec_breaks_the_reader(spec: str) -> None:
    try:
        parsed = parse_spec(spec)
    except SettingsError:
        return
    assert parsed.provider in PROVIDERS
    assert parsed.url.startswith(("http://", "https://"))


def test_a_key_is_not_sent_unencrypted_to_a_server_elsewhere() -> None:
    with pytest.raises(SettingsError, match="https://"):
        open_llm(settings("openai-like:m@http://api.example.com/v1", llm_api_key="sk-hush"))
    assert open_llm(settings("openai-like:m@http://10.1.2.3/v1", llm_api_key="sk-hush"))
    assert open_llm(settings("openai-like:m@http://api.example.com/v1"))


def test_without_the_setting_there_is_no_model() -> None:
    assert open_llm(Settings()) is None


@pytest.mark.parametrize(
    ("spec", "near"),
    [
        (LOCAL, True),
        ("openai-like:m@http://10.1.2.3:8000/v1", True),
        ("openai-like:m@http://[::1]:8000/v1", True),
        ("openai-like:m@http://vllm:8000/v1", True),
        ("openai-like:m@http://gpu.trust.internal/v1", True),
        ("ollama:llama3.1", True),
        ("openai-like:m@https://api.together.example/v1", False),
        ("openai-like:m@http://8.8.8.8/v1", False),
        ("openai-like:m@http://134744072/v1", False),  # the same address
        ("openai-like:m@http://0x8080808/v1", False),
        ("ollama:gpt-oss:120b-cloud", False),
        ("openai:gpt-4.1", False),
        ("anthropic:claude-haiku-4-5", False),
    ],
)
def test_identifiers_stay_in_the_network_unless_the_operator_says_otherwise(spec: str, near: bool) -> None:
    card = card_of(settings(spec), parse_spec(spec))
    assert card.interface == ("local" if near else "api")
    assert card.identifiers_allowed is near
    for said in (True, False):
        assert card_of(settings(spec, llm_identifiers=said), parse_spec(spec)).identifiers_allowed is said


def test_a_model_that_is_not_known_gets_a_cautious_card_that_says_so() -> None:
    card = find_card("openai-like", "house-model", "local")
    assert not card.registered
    assert (card.tools, card.structured, card.context_tokens) == ("text", "json_schema", UNKNOWN_CONTEXT)
    assert "house-model is not in the registry" in card.remarks[0]
    assert "CITEWELL_LLM_CONTEXT" in card.remarks[0]


def test_the_operator_may_say_what_a_model_can_do() -> None:
    chosen = settings(LOCAL, llm_context=32_768, llm_tools="native", llm_structured="json_object", llm_price="0.5/1.5")
    card = card_of(chosen, parse_spec(LOCAL))
    assert (card.context_tokens, card.tools, card.structured) == (32_768, "native", "json_object")
    assert card.cost(1_000_000, 2_000_000) == pytest.approx(3.5)


def test_a_dated_release_is_the_model_it_is_one_of() -> None:
    dated, plain = (find_card("openai", name, "api") for name in ("gpt-4.1-2025-04-14", "gpt-4.1"))
    assert dated.registered
    assert (dated.context_tokens, dated.price) == (plain.context_tokens, plain.price)
    assert find_card("anthropic", "claude-haiku-4-5-20251001", "api").registered
    assert not find_card("anthropic", "gpt-4.1", "api").registered


def test_ollama_reads_less_than_the_model_could() -> None:
    card = find_card("ollama", "llama3.1", "local")
    assert card.context_tokens == OLLAMA_CONTEXT
    assert "OLLAMA_CONTEXT_LENGTH" in card.remarks[-1]


def test_an_unknown_price_of_an_api_is_told() -> None:
    spec = "openai:gpt-99"
    assert any("CITEWELL_LLM_PRICE" in remark for remark in card_of(settings(spec), parse_spec(spec)).remarks)
    assert not any("PRICE" in remark for remark in card_of(settings(LOCAL), parse_spec(LOCAL)).remarks)


def test_the_registry_holds_what_a_model_is_chosen_by() -> None:
    names = [name.lower() for entry in registry() for name in entry.names]
    assert len(names) == len(set(names)), "a name would mean two models"
    assert {provider for entry in registry() for provider in entry.providers} == set(PROVIDERS)
    for entry in registry():
        assert entry.output <= entry.context
        assert entry.price is None or date(2023, 1, 1) < entry.price.date <= date.today()  # noqa: DTZ011 - a day is near enough
        assert entry.price is None or not {"ollama", "openai-like"} & set(entry.providers)
        assert entry.medqa is None or "arXiv" in entry.medqa.source


@pytest.mark.parametrize(
    ("spec", "variable"), [("openai:gpt-4.1", "OPENAI_API_KEY"), ("anthropic:claude-haiku-4-5", "ANTHROPIC_API_KEY")]
)
def test_a_key_is_asked_for_and_never_shown(spec: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=f"CITEWELL_LLM_API_KEY.*{variable}"):
        open_llm(settings(spec))
    monkeypatch.setenv(variable, KEY)
    llm = open_llm(settings(spec))
    assert llm is not None
    assert KEY not in repr(llm) + repr(llm.client) + repr(settings(spec, llm_api_key=KEY)) + llm.client.to_json()


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.llms.openai_like", None)
    with pytest.raises(LlmError, match=r"pip install 'citewell\[llm\]'"):
        open_llm(settings(LOCAL))
    monkeypatch.setitem(sys.modules, "llama_index.llms.anthropic", None)
    with pytest.raises(LlmError, match=r"pip install 'citewell\[anthropic\]'"):
        open_llm(settings("anthropic:claude-haiku-4-5", llm_api_key=KEY))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("llm_tools", "perhaps"),
        ("llm_context", 10),
        ("llm_seconds", 0),
        ("llm_price", "cheap"),
        ("llm_structured", "xml"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(setting: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"CITEWELL_{setting.upper()}", str(value))
    load_settings.cache_clear()
    with pytest.raises(SettingsError, match=f"CITEWELL_{setting.upper()}"):
        load_settings()
    load_settings.cache_clear()


def test_libraries_that_log_prompts_are_kept_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openai", "llama_index"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    open_llm(settings(LOCAL))
    assert not logging.getLogger("openai._base_client").isEnabledFor(logging.INFO)
    assert not logging.getLogger("llama_index.core").isEnabledFor(logging.INFO)


def test_the_answering_base_loads_no_llm_library() -> None:
    code = (
        "import sys, assistant.llms, assistant.agent.talking, assistant.cli\n"
        "print([name for name in ('openai', 'anthropic', 'llama_index.llms', 'llama_index.core', 'tiktoken') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"


def test_a_capped_client_limits_each_answer() -> None:
    llm = open_llm(settings(LOCAL))
    assert llm is not None
    assert llm.capped(300).metadata.num_output == 300
    assert llm.client.metadata.context_window == UNKNOWN_CONTEXT
    assert llm_clients.RETRIES <= 3
