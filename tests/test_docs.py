"""The documents say what is: every table is as `benchmarks/figures.py` writes it, every link leads somewhere, every command can be given."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from assistant import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_figures_are_those_of_the_results() -> None:
    script = [sys.executable, str(ROOT / "benchmarks" / "figures.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_document_that_says_something_else_is_found(tmp_path: Path) -> None:
    for name in ("benchmarks", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "images"))
    shutil.copy(ROOT / "README.md", tmp_path)
    script = [sys.executable, str(tmp_path / "benchmarks" / "figures.py")]

    def checked() -> tuple[int, str]:
        done = subprocess.run([*script, "--check"], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.strip()

    assert checked() == (0, "")
    readme = tmp_path / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"(?<=starter questions answered \| )0\.\d+", "1.000", text), encoding="utf-8")
    assert checked() == (1, "out of date: README.md")
    readme.write_text(text, encoding="utf-8")
    (tmp_path / "benchmarks" / "results" / "answers.json").unlink()  # figures that nothing measured
    assert checked() == (1, "out of date: README.md, answering.md")
    subprocess.run(script, check=True, capture_output=True, timeout=60)
    assert checked() == (0, "")
    assert "<!-- figures:answers -->\n<!-- /figures -->" in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_results_name_no_place_of_the_machine_that_made_them() -> None:
    for result in (ROOT / "benchmarks" / "results").iterdir():
        text = result.read_text(encoding="utf-8")
        assert not re.search(r"(?<![.\w])/(?:home|root|tmp|work|Users)/", text), result.name


@pytest.fixture(scope="session")
def citewell() -> Any:
    """The whole command, with the doors that plug in."""
    cli.plug_in()
    return typer.main.get_command(cli.app)


def commands(command: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *names, name)
    if not hasattr(command, "commands"):
        yield " ".join(names), command


def check(command: Any, line: str) -> None:
    """Raises what the command itself would say of a wrong call; nothing is run."""
    words = shlex.split(line, comments=True)[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_the_documents_can_be_given_as_they_stand(document: Path, citewell: Any) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for line in re.findall(r"^(?:\$ )?(citewell .+)$", "\n".join(blocks), re.MULTILINE):
        check(citewell, line)


def test_each_command_has_an_example_that_can_be_given_and_no_help_breaks_within_a_sentence(citewell: Any) -> None:
    for name, command in commands(citewell):
        paragraphs = inspect.cleandoc(command.help).split("\n\n")
        examples = re.findall(r"\[dim\](citewell .+)\[/\]", paragraphs[-1])
        assert examples, name
        for example in examples:
            assert example.startswith(f"citewell {name}"), example
            check(citewell, example.replace("\\[", "["))
        for paragraph in paragraphs[1:-1]:  # the terminal breaks lines, and a break of ours would come on top
            assert "\n" not in paragraph, f"{name}: {paragraph}"
