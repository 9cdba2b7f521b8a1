"""Answers that are kept between runs: asked for again as soon as something that made them is another."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.answer import Answer, Versions
from assistant.settings import Settings
from evals import asking
from evals.asking import System, ask_all
from evals.qa_sets import Asked

pytestmark = pytest.mark.usefixtures("own_home")
ASKED = Asked("1", "Does aspirin prevent heart attacks?", frozenset(), ())


class Counting:
    """An assistant that answers as a model would, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    async def ask(self, question: str, **_: object) -> Answer:
        self.times += 1
        versions = Versions(citewell="1", index="i", embedder="e")
        return Answer(
            question=question, engine="llm", model="m", abstained=True, reason="Nothing.", rationale="", claims=[],
            sources=[], warnings=[], trace=[], timings_ms={"total": 1.0}, versions=versions,
        )  # fmt: skip


def test_answers_are_kept_by_the_verifiers_weights_and_not_by_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assistant = Counting()

    def asked(place: str, name: str) -> int:
        """How often the model has been asked, once the answer is there with the verifier of that folder and name."""
        monkeypatch.setattr(asking, "load_neural", lambda folder: SimpleNamespace(name=name) if folder else None)
        settings = Settings(verifier=tmp_path / place if place else None)
        systems = {"llm": System(assistant, "llm")}  # type: ignore[arg-type]
        (answer,) = ask_all(systems, [ASKED], {}, settings, [], lambda *_: None)["llm"]
        assert answer is not None
        assert answer.question == ASKED.question
        return assistant.times

    assert asked("one", "tiny@1") == 1
    assert asked("one", "tiny@1") == 1
    assert asked("moved", "tiny@1") == 1
    assert asked("one", "tiny@2") == 2  # trained again where it was
    assert asked("", "") == 3
