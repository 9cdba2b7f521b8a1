"""The latency benchmark: what it counts, and what it says when it cannot."""

from __future__ import annotations

import json
import runpy
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ask_latency.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def test_percentiles_of_known_times(script: dict[str, Any]) -> None:
    times = [float(number) for number in range(1, 102)]
    assert script["summary"](times) == {"p50_ms": 51.0, "p95_ms": 96.0, "max_ms": 101.0}
    assert script["summary"]([7.0]) == {"p50_ms": 7.0, "p95_ms": 7.0, "max_ms": 7.0}


def test_every_question_is_timed_the_first_time_and_in_every_repeat(script: dict[str, Any]) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/v1/ask")
        asked.append(json.loads(request.content)["question"])
        return httpx.Response(200, json={"claims": []})

    with httpx.Client(base_url="http://server", transport=httpx.MockTransport(answer)) as client:
        result = script["measure"](client, ["a", "b", "c"], 4, 0)
    warm_up, *rest = asked
    assert rest[:3] == ["a", "b", "c"]
    assert Counter(rest) == {"a": 5, "b": 5, "c": 5}
    assert warm_up not in rest  # the server has loaded, and remembers nothing of what is measured
    assert 0 <= result["first"]["p95_ms"] <= result["first"]["max_ms"]
    assert 0 <= result["spread_ms"]["p95_ms"][0] <= result["spread_ms"]["p95_ms"][1] <= result["max_ms"]
    assert script["row"](result).startswith("| ask, 3 questions x 4 | p50 ")


def test_an_error_of_the_server_is_no_time(script: dict[str, Any]) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(500))
    with httpx.Client(base_url="http://server", transport=transport) as client, pytest.raises(httpx.HTTPStatusError):
        script["measure"](client, ["a"], 1, 0)


def test_questions_are_read_or_named(script: dict[str, Any], tmp_path: Path) -> None:
    good, bad, empty = (tmp_path / name for name in ("good.jsonl", "bad.jsonl", "empty.jsonl"))
    good.write_text(
        '{"id": "1", "question": "a?", "answerable": true}\n\n{"id": "2", "question": "b?"}\n', encoding="utf-8"
    )
    bad.write_text('{"question": "a?"}\n{"id": "2"}\n', encoding="utf-8")
    empty.touch()
    assert script["read_questions"]([good]) == ["a?", "b?"]
    with pytest.raises(ValueError, match=r"bad\.jsonl:2: no JSON object"):
        script["read_questions"]([bad])
    with pytest.raises(ValueError, match=r"no question in .*empty\.jsonl"):
        script["read_questions"]([empty])


def test_no_server_is_exit_code_1(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "a?"}\n', encoding="utf-8")
    command = ["ask_latency.py", "--url", "http://127.0.0.1:9", "--questions", str(tmp_path / "q.jsonl")]
    monkeypatch.setattr(sys, "argv", command)
    assert script["main"]() == 1
    assert "is `citewell serve` running there?" in capsys.readouterr().err
