"""The door: exit codes, lines, the JSON contract, and a report that loads nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner
from typer.testing import Result as CliResult

from evals.cli import app
from evals.environment import anonymous
from evals.result import Result

MEASURE = {
    "type": "object",
    "properties": {name: {"type": "number"} for name in ("value", "low", "high")}
    | {"n": {"type": "integer", "minimum": 1}},
    "required": ["value", "low", "high", "n"],
    "additionalProperties": False,
}
MEASURES = {"type": "object", "additionalProperties": MEASURE, "minProperties": 1}
CONTRACT = {  # docs/architecture.md, "Evaluation"
    "type": "object",
    "properties": {
        "suite": {"const": "retrieval"},
        "data": {"const": "small"},
        "n": {"type": "integer"},
        "metrics": MEASURES,
        "systems": {"type": "object", "additionalProperties": MEASURES, "required": ["dense", "bm25", "rrf", "blend"]},
        "failures": {"type": "integer"},
        "seed": {"type": "integer"},
        "command": {"type": "string"},
        "versions": {"type": "object", "additionalProperties": {"type": "string"}, "required": ["citewell", "embedder"]},
        "hardware": {"type": "object", "required": ["cpu", "cores"]},
        "seconds": {"type": "number"},
    },
    "required": [
        "suite", "data", "n", "metrics", "systems", "failures", "seed", "command", "versions", "hardware", "seconds",
    ],
}  # fmt: skip


def run(*arguments: object) -> CliResult:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, write_set: Callable[..., Path]) -> tuple[CliResult, Path]:
    """A run of the small set with one judgement of an unknown document."""
    out = tmp_path_factory.mktemp("runs") / "a" / "run"
    data = write_set(judgements=[("q1", "d1", 2), ("q2", "d2", 1), ("q2", "gone", 1), ("q6", "d10", 1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITEWELL_HOME", str(out.parent))
        return run("run", "retrieval", "--data", data, "--out", out, "--resamples", 50, "--seed", 3), out


def test_one_line_a_metric(done: tuple[CliResult, Path]) -> None:
    result, out = done
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "ndcg@10", "recall@10", "recall@100", "mrr@10", "p@10", "p50_ms", "p95_ms",
    ]  # fmt: skip
    assert all(re.fullmatch(r"\S+ +\d+\.\d{3} \[\d+\.\d{3}, \d+\.\d{3}\]  n=3", line) for line in lines)
    assert "1 failures, such as: qrels.tsv:4: document 'gone' is not in corpus.jsonl" in result.stderr
    assert {path.name for path in out.iterdir()} == {"report.html", "result.json"}


def test_result_json_keeps_the_contract(done: tuple[CliResult, Path]) -> None:
    _, out = done
    written = json.loads((out / "result.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, CONTRACT)
    assert written["metrics"] == written["systems"]["blend"]
    assert (written["failures"], written["seed"], written["n"]) == (1, 3, 3)
    assert written["command"].startswith("citewell eval run retrieval --data ")
    assert written["command"].endswith(" --seed 3 --resamples 50")
    assert Result.model_validate(written).model_dump(mode="json") == written


def test_json_goes_to_standard_output(
    write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path))
    result = run("run", "retrieval", "--data", write_set(), "--out", tmp_path, "--resamples", 20, "--k", 3, "--json")
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert {"ndcg@3", "recall@100", "mrr@3"} <= set(printed["metrics"])
    assert result.stderr == ""


class Loads(HTMLParser):
    """Collects what a page would load, and the elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value for name, value in attrs if value and re.match(r"\s*(https?:)?//", value)]


def test_the_report_loads_nothing_and_escapes_the_set(done: tuple[CliResult, Path]) -> None:
    _, out = done
    page = (out / "report.html").read_text(encoding="utf-8")
    parser = Loads()
    parser.feed(page)
    assert parser.loads == []
    assert not parser.tags & {"script", "link", "img", "iframe", "b"}
    assert not re.search(r"url\(\s*['\"]?(?!#)|@import", page)
    assert "https://" not in page.replace("https://example.org/&lt;script&gt;", "")  # a document's own text
    assert "http://" not in page
    assert "&lt;b&gt;opioids&lt;/b&gt; for back pain" in page


def test_the_report_shows_what_it_should(done: tuple[CliResult, Path]) -> None:
    _, out = done
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 3
    for needed in ("value (share, 0 to 1)", "time (ms)", "difference in ndcg@10", "The hardest cases", "qrels.tsv:4"):
        assert needed in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["run", "no-such", "--data", ".", "--out", "out"],
            2,
            "no suite 'no-such'; known: citations, faithfulness, qa, retrieval, support",
        ),
        (["run", "retrieval", "--data", "nowhere", "--out", "out"], 2, "nowhere: no such folder"),
        (["run", "retrieval", "--data", ".", "--out", "out"], 2, "corpus.jsonl: no such file"),
        (["run", "retrieval", "--data", ".", "--out", "file"], 2, "file: cannot be made"),
        (["run", "retrieval", "--data", ".", "--out", "out", "--k", "0"], 2, ""),
        (["run", "retrieval", "--data", "."], 2, ""),
        (["run"], 2, ""),
    ],
)
def test_a_wrong_call_is_exit_code_2(
    arguments: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_a_corrupt_line_is_exit_code_2_and_named(write_set: Callable[..., Path], tmp_path: Path) -> None:
    data = write_set()
    with (data / "corpus.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"_id": "d13", "te')
    result = run("run", "retrieval", "--data", data, "--out", tmp_path)
    assert result.exit_code == 2
    assert "corpus.jsonl:13: not JSON" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_used_is_exit_code_1(
    write_set: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").touch()
    monkeypatch.setenv("CITEWELL_HOME", str(tmp_path))
    result = run("run", "retrieval", "--data", write_set(), "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "the cache cannot be opened" in result.stderr


def test_a_missing_extra_is_exit_code_1_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.cli.find_spec", lambda name: None if name == "matplotlib" else object())
    for arguments in (["suites"], ["run", "retrieval", "--data", ".", "--out", "."]):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "evaluation needs matplotlib: pip install 'citewell[evals]'" in result.stderr


def test_suites_are_listed() -> None:
    listed = json.loads(run("suites", "--json").stdout)
    assert list(listed) == ["citations", "faithfulness", "qa", "retrieval", "support"]
    assert run("suites").stdout.splitlines() == [f"{name}  {summary}" for name, summary in listed.items()]


def test_the_module_is_light() -> None:
    heavy = {"numpy", "scipy", "ir_measures", "matplotlib", "jinja2", "onnxruntime", "qdrant_edge", "pydantic"}
    code = f"import sys, evals.cli; print(sorted({heavy!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_no_path_of_the_user_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/jane")
    assert anonymous("run --data /home/jane/sets --out '/home/jane/my runs'") == "run --data ~/sets --out '~/my runs'"
    assert anonymous("run --data /home/janet/sets --out /home/jane") == "run --data /home/janet/sets --out ~"
