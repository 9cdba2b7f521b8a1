"""Sections of the guidelines in a library: found by their guideline where a search passed them over, and answered from."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Run as Command

from assistant.composing.engine import ExtractiveEngine
from assistant.composing.sections import Sections
from assistant.planning.rules import plan
from assistant.run import Run
from indexes.passage import Hit, Scores
from ingestion.library import Library
from ingestion.pipeline import ingest_files

CONDITION = """{"condition_name": "Zika", "source": "NSTG 2022", "introduction": "A fever that mosquitoes carry.",
 "treatment": {"goals": ["Relieve symptoms"], "drug": ["Paracetamol: 1 g every 6 hours", "No aspirin until dengue is excluded"]},
 "complications": ["Microcephaly", "Guillain-Barre syndrome"], "prevention": ["Repellents", "Long sleeves"]}"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "zika.json").write_text(CONDITION, encoding="utf-8")
    with Library.open(tmp_path / "home", purpose="a test") as opened:
        ingest_files(opened, [tmp_path / "zika.json"])
        yield opened


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How is Zika treated?", "Paracetamol: 1 g every 6 hours\nNo aspirin until dengue is excluded"),
        ("What are the complications of Zika?", "Microcephaly\nGuillain-Barre syndrome"),
        ("How can Zika be prevented?", "Repellents\nLong sleeves"),
    ],
)
def test_a_library_answers_from_the_section_asked_for(library: Library, question: str, answer: str) -> None:
    engine, run = ExtractiveEngine(library), Run(question)
    run.plan = plan(question)

    async def first() -> str:
        await engine.gather(run, lambda _: None)
        drafts = [draft.text async for draft in engine.compose(run, lambda _: None)]
        return drafts[0]

    assert asyncio.run(first()) == answer
    assert len({hit.passage.passage_id for hit in run.hits}) == len(run.hits)  # none is read twice


def test_sections_that_a_search_passed_over_are_read_too(library: Library) -> None:
    planned = plan("How can Zika be prevented?")
    ids = library.ledger.passage_ids("guideline:nstg/zika@2022")
    first = library.ledger.passage(ids[0])
    assert first
    sections = Sections(library.ledger)
    more = sections.read_on(planned, [Hit(first, Scores())], [])
    assert ["Prevention" in {part.heading for part in passage.parts} for passage in more] == [True]
    assert sections.read_on(planned, [Hit(each, Scores()) for each in (first, *more)], []) == []
    assert sections.read_on(plan("How can dengue be prevented?"), [Hit(first, Scores())], []) == []


def test_a_section_is_bounded_by_its_document(library: Library) -> None:
    sections = Sections(library.ledger)
    for identifier in library.ledger.passage_ids("guideline:nstg/zika@2022"):
        one = library.ledger.passage(identifier)
        assert one
        assert [sections.bounds(one, part) for part in one.parts] == [(part.start, part.end) for part in one.parts]


GUIDELINE = """---
title: Screening for zibosis
publisher: Ward
slug: zibosis
version: "2022"
---

# Screening for zibosis

## Recommendations

- Screen adults for zibosis every 2 years. (recommendation category B, evidence type 3)

## Discussion

Zibosis is found by a blood test that most laboratories offer on request.
"""


def test_the_recommendations_of_a_guideline_found_are_read_where_advice_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "ward.md").write_text(GUIDELINE, encoding="utf-8")
    with Library.open(tmp_path / "home", purpose="a test") as library:
        ingest_files(library, [tmp_path / "ward.md"])
        passages = [*library.ledger.passages()]
        (graded,) = [each for each in passages if each.parts[0].grade]
        other = next(each for each in passages if not each.parts[0].grade)
        read_on = Sections(library.ledger).read_on
        found = [Hit(other, Scores())]
        assert read_on(plan("Should adults be screened for zibosis?"), found, []) == [graded]
        assert read_on(plan("zibosis blood test"), found, []) == [graded]  # a note, which may ask for advice
        assert read_on(plan("Is zibosis found by a blood test?"), found, []) == []
        assert read_on(plan("Should adults be screened for zibosis?"), [*found, Hit(graded, Scores())], []) == []


def test_a_guideline_is_read_on_that_has_a_line_on_what_is_asked(tmp_path: Path) -> None:
    filler = " ".join(["Worms live in the gut of many people for years."] * 60)
    worms = {
        "condition_name": "Helminthiasis", "source": "NSTG 2022", "introduction": filler,
        "treatment": {"drug": ["Hookworm: mebendazole 100 mg", *[f"Worm {n}: drug {n}, " + "as told by the clinic " * 8 for n in range(40)],
                               "Hookworm: albendazole 400 mg once"]},
    }  # fmt: skip
    (tmp_path / "worms.json").write_text(json.dumps(worms), encoding="utf-8")
    with Library.open(tmp_path / "home", purpose="a test") as library:
        ingest_files(library, [tmp_path / "worms.json"])
        passages = [*library.ledger.passages()]
        first = next(each for each in passages if "mebendazole" in each.text)
        more = Sections(library.ledger).read_on(plan("treatment of hookworm"), [Hit(first, Scores())], [])
    assert any("albendazole" in each.text for each in more)


def test_a_list_is_printed_an_item_a_line(library: Library, citewell: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    home = library.home
    library.close()
    monkeypatch.setenv("CITEWELL_HOME", str(home))
    result = citewell("ask", "How is Zika treated?")
    lines = result.out.splitlines()
    at = lines.index("• [Zika › Treatment › Drug]")
    assert lines[at + 1] == "  - Paracetamol: 1 g every 6 hours"
    assert lines[at + 2].startswith("  - No aspirin until dengue is excluded [1]")
    assert any("NSTG" in line for line in lines)  # who issued it
