"""The suite of ragas' metrics: the judge tried first, failures counted and never averaged away, the verifier beside it."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "assistant"))  # the scripted model
sys.path.append(str(Path(__file__).parent))
from judging import form_of, judge, verdict
from llm_server import Failure, Reply, Request, Text, in_json, serve
from small_sets import QUESTIONS

from assistant.settings import load_settings
from evals.cli import app
from evals.errors import CallError, JudgeGoneError, MissingExtraError
from evals.result import Result
from evals.scoring import Work
from evals.suites.base import Options, Outcome
from evals.suites.faithfulness import JUDGED, NEEDS, FaithfulnessSuite

pytestmark = pytest.mark.usefixtures("own_home")
needs_ragas = pytest.mark.skipif(
    any(find_spec(name) is None for name in NEEDS), reason="not installed: pip install 'citewell[ragas]'"
)
OPTIONS = Options(resamples=50, k=2)
GOLD = [
    ("Aspirin lowers the risk.", "Aspirin lowers the risk. It was a trial.", "support"),
    ("Aspirin raises the risk.", "Aspirin lowers the risk. It was a trial.", "contradict"),
    ("Metformin is the first drug.", "For most people: Metformin is the first drug.", "support"),
    ("Statins cause cataracts.", "Budesonide was given twice daily.", "neutral"),
]


def write(path: Path, records: Sequence[object]) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Questions, with labelled pairs above them."""
    names = ("claim", "evidence", "label")
    write(tmp_path / "support" / "people.jsonl", [dict(zip(names, pair, strict=True)) for pair in GOLD])
    return write(tmp_path / "qa" / "questions.jsonl", QUESTIONS)


class Watched:
    """Keeps what was told of progress."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.told.append((stage, done, total))


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, list[Request]]]:
    def run_(reply: Callable[[Request], Reply], options: Options = OPTIONS) -> tuple[Outcome, list[Request]]:
        with serve(reply) as server:
            # The same address in each run of a test: what was kept is kept by model and address.
            monkeypatch.setenv("CITEWELL_LLM", server.spec)
            load_settings.cache_clear()
            return FaithfulnessSuite().run(data, options, Watched()), server.requests

    return run_


def values(outcome: Outcome, system: str = "llm") -> dict[str, float]:
    return {name: measure.value for name, measure in outcome.systems[system].items()}


@needs_ragas
def test_a_judge_is_tried_before_it_judges(run: Callable[..., Any]) -> None:
    outcome, requests = run(judge())
    assert list(outcome.judge) == ["judge_accuracy", "judge_kappa", "verifier_accuracy", "verifier_kappa"]
    assert outcome.judge["judge_accuracy"].value == 1
    assert outcome.judge["judge_kappa"].value == 1
    assert outcome.judge["judge_accuracy"].n == 4
    forms = [form for form in map(form_of, requests) if form.endswith("Output")]
    assert forms[:4] == ["NLIStatementOutput"] * 4
    assert forms[4] == "StatementGeneratorOutput"
    assert list(outcome.systems["llm"])[:4] == list(JUDGED)
    assert not outcome.problems


@needs_ragas
def test_answers_are_judged_and_verified(run: Callable[..., Any]) -> None:
    outcome, _ = run(judge())
    assert outcome.shipped == "llm"
    for system in ("llm", "extractive"):
        found = values(outcome, system)
        assert found["faithfulness"] == found["verified"] == found["coverage"] == 1
        assert found["context_precision"] == pytest.approx(1)
        assert found["context_recall"] == 1
        assert 0.5 < found["response_relevancy"] <= 1
        assert found["id_context_recall"] == found["text_context_recall"] == 1
        assert found["id_context_precision"] == 0.5  # one of the two that are found
        assert 0 < found["rouge_l"] < 1
        assert 0 < found["chrf"] < 1
        assert 0 < found["string_similarity"] < 1
        assert 0 < found["semantic_similarity"] <= 1


@needs_ragas
def test_a_judge_that_says_yes_to_everything_is_seen(run: Callable[..., Any]) -> None:
    def yes(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        if form != "NLIStatementOutput":
            return None
        said = verdict(form, given)
        return in_json({"statements": [{**each, "verdict": 1} for each in said["statements"]]})

    outcome, _ = run(judge(yes))
    assert outcome.judge["judge_accuracy"].value == 0.5
    assert outcome.judge["judge_kappa"].value == 0


@needs_ragas
def test_unfaithful_answers_are_found(run: Callable[..., Any]) -> None:
    def made_up(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        if form == "StatementGeneratorOutput":
            return in_json({"statements": [given["answer"], "Aspirin cures gout."]})
        return None

    outcome, _ = run(judge(made_up))
    assert values(outcome)["faithfulness"] == 0.5
    assert values(outcome)["verified"] == 1


@needs_ragas
def test_nan_counts_nothing_and_is_a_failure(run: Callable[..., Any]) -> None:
    def nothing(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        if form == "StatementGeneratorOutput" and "Aspirin" in given["answer"]:
            return in_json({"statements": []})  # ragas makes NaN of it
        return None

    outcome, _ = run(judge(nothing))
    measure = outcome.systems["llm"]["faithfulness"]
    assert (measure.value, measure.n) == (0.5, 2)
    assert len(outcome.problems) == 2  # one of each system
    assert all(each.endswith(", faithfulness: the metric is nan, which counts 0") for each in outcome.problems)


@needs_ragas
def test_a_verdict_that_is_left_out_is_a_failure(run: Callable[..., Any]) -> None:
    """ragas itself would take the share over the verdicts that came."""

    def fewer(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        if form == "StatementGeneratorOutput":
            return in_json({"statements": [given["answer"], "Aspirin cures gout."]})
        if form == "NLIStatementOutput":
            said = verdict(form, given)
            return in_json({"statements": said["statements"][:1]})
        return None

    outcome, requests = run(judge(fewer))
    assert values(outcome)["faithfulness"] == 0
    assert len([each for each in outcome.problems if "does not fit the form at statements" in each]) == 4
    lists = [
        each.body["response_format"]["json_schema"]["schema"]["properties"]["statements"]
        for each in requests
        if form_of(each) == "NLIStatementOutput"
    ]
    assert {(each["minItems"], each["maxItems"]) for each in lists} == {(1, 1), (2, 2)}


@needs_ragas
def test_broken_replies_are_failures_that_count_nothing(run: Callable[..., Any]) -> None:
    def broken(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        if form == "ContextRecallOutput":
            return Text('{"classifications": [{"statement": "cut')
        if form == "AnswerRelevanceOutput":
            return Failure(500)
        return None

    outcome, _ = run(judge(broken))
    assert values(outcome)["context_recall"] == values(outcome)["response_relevancy"] == 0
    assert values(outcome)["faithfulness"] == 1
    assert len(outcome.problems) == 8
    assert any("status 500" in each for each in outcome.problems)


@needs_ragas
def test_a_failed_verdict_on_gold_labels_is_wrong(run: Callable[..., Any]) -> None:
    def silent(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        return Text("no JSON") if "Statins cause cataracts." in given.get("statements", ()) else None

    outcome, _ = run(judge(silent))
    assert outcome.judge["judge_accuracy"].value == 0.75
    assert outcome.problems[0].startswith("gold people#4:")


@needs_ragas
def test_a_run_that_was_stopped_goes_on(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    down = False

    def failing(form: str, given: dict[str, Any], request: Request) -> Reply | None:
        return Failure(500) if down else None

    def reply(request: Request) -> Reply:
        nonlocal down
        down = down or (len(server.requests) > 9 and not mended)
        return judge(failing)(request)

    mended = False
    with serve(reply) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        with pytest.raises(JudgeGoneError, match="go on"):
            FaithfulnessSuite().run(data, OPTIONS, Watched())
        mended, down = True, False
        before = len(server.requests)
        watched = Watched()
        outcome = FaithfulnessSuite().run(data, OPTIONS, watched)
        asked = [request for request in server.requests[before:] if form_of(request) == "NLIStatementOutput"]
        again = len(server.requests)
        FaithfulnessSuite().run(data, OPTIONS, Watched())
        assert len(server.requests) == again  # nothing is asked twice, answers and judgements alike
    assert not outcome.problems
    assert len(asked) < 4  # the verdicts on gold labels had been kept
    assert outcome.settings["judge calls kept"] > 0
    judging = [(done, total) for stage, done, total in watched.told if stage == "asking the judge"]
    assert judging[0] == (0, outcome.settings["judge calls, at most"])
    assert judging[-1] == (judging[0][1], judging[0][1])
    assert sorted(judging) == judging


@needs_ragas
def test_without_a_model_the_rest_is_measured_and_said(data: Path) -> None:
    outcome = FaithfulnessSuite().run(data, OPTIONS, Watched())
    assert outcome.shipped == "extractive"
    assert outcome.judge == {}
    assert values(outcome, "extractive")["verified"] == 1
    assert "rouge_l" in values(outcome, "extractive")
    assert not set(JUDGED) & set(values(outcome, "extractive"))
    [why] = [reason for reason in outcome.left_out if "CITEWELL_LLM" in reason]
    assert all(name in why for name in JUDGED)


@needs_ragas
def test_nothing_is_judged_without_gold_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = write(tmp_path / "deep" / "alone" / "questions.jsonl", QUESTIONS)
    with serve([]) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        with pytest.raises(CallError, match="--gold"):
            FaithfulnessSuite().run(alone, OPTIONS, Watched())
        with pytest.raises(CallError, match="gone: no such file"):
            FaithfulnessSuite().run(alone, Options(gold=tmp_path / "gone"), Watched())
        assert server.requests == []


@needs_ragas
def test_the_door_prints_the_judge_first(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(judge()) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        arguments = ["run", "faithfulness", "--data", data, "--out", tmp_path / "out", "--k", 2, "--resamples", 50]
        ran = CliRunner().invoke(app, [*map(str, arguments), "--gold", str(tmp_path / "support"), "--gold-limit", "2"])
    assert ran.exit_code == 0, ran.output
    names = [line.split()[0] for line in ran.stdout.splitlines()]
    assert names[:5] == ["judge_accuracy", "judge_kappa", "verifier_accuracy", "verifier_kappa", "faithfulness"]
    result = Result.model_validate_json((tmp_path / "out" / "result.json").read_bytes())
    assert result.judge["judge_accuracy"].n == 2
    assert result.command.endswith("--gold-limit 2")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("judge_kappa") < page.index("faithfulness 1.000")


def test_what_is_missing_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.suites.faithfulness.find_spec", lambda name: None if name == "ragas" else object())
    with pytest.raises(MissingExtraError, match=r"needs ragas: pip install 'citewell\[ragas\]'"):
        FaithfulnessSuite().run(data, OPTIONS, Watched())


@needs_ragas
def test_what_seems_to_name_a_patient_is_not_sent(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = (
        "Patient John Smith, MRN 12345678, phone 555-123-4567: does aspirin prevent heart attacks in adults over 70?"
    )
    write(data, [{**QUESTIONS[0], "question": named}, QUESTIONS[1]])
    monkeypatch.setenv("CITEWELL_LLM_IDENTIFIERS", "false")
    with serve(judge()) as server:
        monkeypatch.setenv("CITEWELL_LLM", server.spec)
        load_settings.cache_clear()
        outcome = FaithfulnessSuite().run(data, OPTIONS, Watched())
    assert not any("Smith" in json.dumps(request.body) for request in server.requests)
    assert any("identifiers of a patient" in each for each in outcome.problems)
    assert not any("Smith" in each for each in outcome.problems)


@needs_ragas
def test_ragas_is_silent(tmp_path: Path) -> None:
    """No report of its use, no number for this user on the disk, and no trace to LangSmith though the operator traces something else."""
    code = """
import asyncio, socket
def refuse(*_): raise SystemExit("something was sent")
socket.socket.connect = refuse
import numpy as np
from evals.ragas_metrics import unjudged
from evals.scoring import Sample
from evals.supporting import Sentence
import ragas._analytics as analytics
assert analytics.do_not_track()
class Embedder:
    name, dimension = "ones", 2
    def embed_passages(self, texts): return np.ones((len(texts), 2), dtype=np.float32)
    def embed_query(self, text): return np.ones(2, dtype=np.float32)
sample = Sample("1", "Is it?", [Sentence("It is.", [])], "It is so.", ["It is.", "No."], ["pubmed:1", "pubmed:2"], ["pubmed:1"], ["It is."])
for metric in unjudged(Embedder()):
    print(metric.name, asyncio.run(metric.score(sample)))
assert not analytics.__dict__["_analytics_batcher"].buffer
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "k"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(ran.stdout.splitlines()) == 8
    assert not [path for path in tmp_path.rglob("*") if "ragas" in path.name]


@pytest.mark.parametrize(
    ("value", "counts"), [(0.25, 0.25), (1 + 1e-9, 1), (-0.1, 0), (math.nan, 0), (math.inf, 0), (3, 0)]
)
def test_a_metric_is_a_share_or_a_failure(value: float, counts: float) -> None:
    async def metric() -> float:
        return value

    problems: list[str] = []
    assert Work(Watched(), 1, problems).share("101, faithfulness", 1, metric()) == counts
    assert len(problems) == (not -1 < value < 2)


def test_what_a_metric_raises_does_not_repeat_the_text() -> None:
    async def metric() -> float:
        raise ValueError("the patient's words")

    problems: list[str] = []
    assert Work(Watched(), 1, problems).share("101", 1, metric()) == 0
    assert problems == ["101: ValueError in the metric"]
