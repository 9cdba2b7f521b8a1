"""Where what was cited is read again: the same words every time, from the library, from what was fetched, and computed."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from benches import Small
from documents import article, pubmed
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from assistant.calculators import Given, calculate, calculators
from assistant.errors import CalculatorError, NotFoundError, ToolError
from assistant.shelves import Shelf, passage_ids_in, passages_in
from assistant.tools import live_shelf
from assistant.tools.calculator_shelf import CalculatorShelf
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.shelves import open_shelves
from indexes.passage import Kind, Role
from ingestion.chunking import passages_of
from ingestion.document import Document, TextBuilder

STROKE = {
    "heart_failure": True,
    "hypertension": "no",
    "age": 76,
    "diabetes": "no",
    "stroke": False,
    "vascular_disease": "no",
    "sex": "female",
}


def made(document_id: str, *texts: str) -> Document:
    builder = TextBuilder()
    for text in texts:
        builder.add(text, Role.RECOMMENDATION)
    return Document(document_id, Kind.LITERATURE, "Title", builder.text, tuple(builder.sections))


@pytest.fixture
def live(tmp_path: Path) -> LiveShelf:
    return LiveShelf(tmp_path)


identifiers = st.text(min_size=1, max_size=40) | st.sampled_from(
    ["../../etc/passwd", "/", "..", "a\x00b", "nct:NCT1#0", "x" * 3000]
)


@given(identifiers)
def test_no_identifier_leads_anywhere_else(identifier: str) -> None:
    nowhere: tuple[Shelf, ...] = (LiveShelf(Path("/nonexistent")), CalculatorShelf())
    for shelf in nowhere:
        assert shelf.document(identifier) is shelf.passage(identifier) is shelf.passage(f"{identifier}#0") is None


@given(data=st.data())
def test_what_is_kept_comes_back_the_same_every_time(
    data: DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = data.draw(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=4))
    document = made(data.draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=15)), *texts)
    shelf = LiveShelf(tmp_path_factory.getbasetemp() / "kept")
    if "\x00" in document.document_id:
        return
    shelf.keep([document])
    assert shelf.document(document.document_id) == document
    for _ in range(2):
        live_shelf._read.cache_clear()
        passages = list(passages_in(shelf, document.document_id))
        assert passages == passages_of(document)
        assert all(document.text[each.start : each.end] == each.text for each in passages)


def test_a_document_lies_below_the_folder_whatever_it_is_called(live: LiveShelf, tmp_path: Path) -> None:
    live.keep([made("../../outside", "One."), made("ictrp:a/b", "Two."), made("x" * 5_000, "Three.")])
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "..%2F..%2Foutside.json.gz",
        "ictrp%3Aa%2Fb.json.gz",
    ]
    assert (tmp_path / "live").stat().st_mode & 0o077 == 0
    assert [live.passage("ictrp:a/b#0") is None, live.passage("ictrp:a/b#1"), live.passage("ictrp:a/b")] == [
        False,
        None,
        None,
    ]


def test_the_oldest_go_where_there_are_too_many(
    live: LiveShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_shelf, "KEPT", 3)
    for number in range(5):
        live.keep([made(f"pubmed:{number}", "Text.")])
        os.utime(tmp_path / "live" / f"pubmed%3A{number}.json.gz", (number + 1, number + 1))
    stale, fresh = tmp_path / "live" / "a.part", tmp_path / "live" / "b.part"
    for part in (stale, fresh):
        part.write_bytes(b"half")
    os.utime(stale, (time.time() - 7200,) * 2)
    live.keep([made("pubmed:9", "Text.")])
    kept = [number for number in range(10) if live.document(f"pubmed:{number}")]
    assert kept == [3, 4, 9]
    assert (stale.exists(), fresh.exists()) == (False, True)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", b"\x1f\x8b\x08\x00broken", __import__("gzip").compress(b"[]"), __import__("gzip").compress(b"{")],
)
def test_a_file_that_is_damaged_is_no_document(content: bytes, live: LiveShelf, tmp_path: Path) -> None:
    live.keep([made("pubmed:1", "Text.")])
    (tmp_path / "live" / "pubmed%3A1.json.gz").write_bytes(content)
    assert live.document("pubmed:1") is live.passage("pubmed:1#0") is None
    live.keep([made("pubmed:1", "Text.")])
    assert live.document("pubmed:1")


def test_a_document_that_would_fill_the_memory_is_not_read(
    live: LiveShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.keep([made("pubmed:1", "Text. " * 2_000)])
    monkeypatch.setattr(live_shelf, "LONGEST", 1_000)
    live_shelf._read.cache_clear()
    assert live.document("pubmed:1") is None
    live.keep([made("pubmed:2", "Text. " * 2_000)])
    assert not (tmp_path / "live" / "pubmed%3A2.json.gz").exists()


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("a file is in the way")
    with pytest.raises(ToolError, match=r"cannot be kept .* and so cannot be cited"):
        LiveShelf(tmp_path).keep([made("pubmed:1", "Text.")])


def test_many_may_keep_and_read_at_once(live: LiveShelf) -> None:
    versions = [made("pubmed:1", f"Version {number}. " * 200) for number in range(8)]

    def work(number: int) -> bool:
        live.keep([versions[number % 8]])
        return live.document("pubmed:1") in versions

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_the_library_comes_first(small: Small) -> None:
    held = small({"a.xml": pubmed(article(1, "Ours", results="Ours."))})
    LiveShelf(held.home).keep([made("pubmed:1", "Theirs."), made("pubmed:2", "Theirs.")])
    shelves = open_shelves(held)
    ours, theirs = shelves.passage("pubmed:1#0"), shelves.passage("pubmed:2#0")
    assert ours is not None
    assert theirs is not None
    assert (ours.text, theirs.text) == ("Ours.", "Theirs.")
    assert passage_ids_in(shelves, "pubmed:2") == ["pubmed:2#0"]


# Calculators


def identify(name: str, given: dict[str, Given]) -> str:
    """What the result of these inputs is called."""
    return calculate(name, given).document_id


def test_an_identifier_says_what_was_computed_from_what_and_is_computed_again() -> None:
    document_id = identify("CHA2DS2-VASc", STROKE)
    assert document_id == (
        "calculator:cha2ds2_vasc@2010?age=76%20years&diabetes=no&heart_failure=yes&hypertension=no&sex=female&stroke=no&vascular_disease=no"
    )
    passage = CalculatorShelf().passage(f"{document_id}#0")
    assert passage is not None
    result = calculate("cha2ds2_vasc", STROKE)
    assert passage.text == result.text
    assert passage.title == "CHA2DS2-VASc, computed by Citewell from the inputs"
    assert passage.url == "https://doi.org/10.1378/chest.09-1584"
    assert (passage.kind, passage.evidence_level, passage.year) == (Kind.LITERATURE, "calculation", 2010)
    document = CalculatorShelf().document(document_id)
    assert document is not None
    assert document.identifiers["doi"] == "10.1378/chest.09-1584"
    assert document.text[passage.start : passage.end] == passage.text
    assert CalculatorShelf().passage(f"{document_id}#1") is None


def test_the_same_inputs_have_one_identifier_and_units_are_kept() -> None:
    assert identify("cha2ds2_vasc", dict(reversed(STROKE.items())) | {"age": "76 years"}) == identify(
        "cha2ds2_vasc", STROKE
    )
    given = {"creatinine": " 106  µmol/L ", "age": 60.0, "sex": "Female"}
    document_id = identify("ckd_epi_2021_creatinine", given)
    assert document_id.endswith("?age=60%20years&creatinine=106%20%C2%B5mol%2FL&sex=female")
    passage = CalculatorShelf().passage(f"{document_id}#0")
    assert passage is not None
    assert "(given as 106 µmol/L)" in passage.text
    assert document_id.isascii()
    assert "#" not in document_id


@pytest.mark.parametrize(
    "document_id",
    [
        "calculator:bmi@9999?height=180%20cm&weight=80%20kg",
        "calculator:bmi?height=180%20cm&weight=80%20kg",
        "calculator:none@1?x=1",
        "calculator:",
        "calculator:bmi@{v}?weight=80%20kg&height=180%20cm",
        "calculator:bmi@{v}?height=180 cm&weight=80%20kg",
        "calculator:bmi@{v}?height=180%20cm&weight=80%20kg&weight=80%20kg",
        "calculator:bmi@{v}?height=180%20cm&weight=80%20kg&name=Jane",
        "calculator:bmi@{v}?height=180%20cm",
        "calculator:bmi@{v}?height=nan&weight=80%20kg",
        "calculator:bmi@{v}?" + "&".join(f"x{n}=1" for n in range(200)),
        "calculator:bmi@{v}?height=" + "1" * 5_000,
    ],
)
def test_what_is_not_the_one_name_of_a_result_is_nothing(document_id: str) -> None:
    version = quote(calculators()["bmi"].version, safe="")
    assert CalculatorShelf().document(document_id.replace("{v}", version)) is None
    good = identify("bmi", {"height": "180 cm", "weight": "80 kg"})
    assert good == f"calculator:bmi@{version}?height=180%20cm&weight=80%20kg"
    assert CalculatorShelf().document(good)


@pytest.mark.parametrize(("name", "example"), [(c.name, e) for c in calculators().values() for e in c.examples[:2]])
def test_each_worked_example_is_citable(name: str, example: object) -> None:
    inputs = dict(example.inputs)  # type: ignore[attr-defined]
    document_id = identify(name, inputs)
    passage = CalculatorShelf().passage(f"{document_id}#0")
    assert passage is not None
    assert passage.document_id == document_id
    assert passage.text == calculate(name, inputs).text
    assert passage.url == calculators()[name].source.url


def test_what_cannot_be_computed_has_no_identifier() -> None:
    with pytest.raises(CalculatorError, match="weight is missing: a number"):
        identify("bmi", {"height": "180 cm"})
    with pytest.raises(NotFoundError):
        identify("none", {})


@pytest.mark.parametrize("name", ["pubmed:\udcff#0", "../../secret#0", "..#0", "a\0b#0"])
def test_names_that_are_no_text_or_no_name_lead_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.json.gz").write_bytes(b"no document")
    shelf = LiveShelf(tmp_path / "home")
    assert shelf.passage(name) is None
    assert shelf.document(name.partition("#")[0]) is None
