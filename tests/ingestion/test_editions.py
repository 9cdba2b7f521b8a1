"""Which edition of a guideline is current, in whatever order they come."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from native import pubmed_xml

from indexes.passage import Kind, Status
from ingestion.document import Document
from ingestion.editions import family, takes_the_place_of, with_known_successor
from ingestion.library import Library
from ingestion.pipeline import ingest_files, remove_document


def edition(version: str, *extra: str, title: str = "Lipids", words: str = "") -> str:
    lines = [f"title: {title}", "publisher: WHO", f"version: '{version}'", *extra]
    return "---\n" + "\n".join(lines) + f"\n---\n\n## Advice\n\nOffer a statin to adults{words or ' in ' + version}.\n"


def document(name: str, **values: object) -> Document:
    return Document(f"guideline:{name}", Kind.GUIDELINE, "Lipids", "", (), **values)  # type: ignore[arg-type]


def standing(library: Library) -> dict[str, tuple[str, str | None]]:
    """Version to status and successor, of documents and alike of what is searched."""
    found: dict[str, tuple[str, str | None]] = {}
    for passage in library.ledger.passages():
        held = library.ledger.document(passage.document_id)
        assert held
        found[passage.document_id.removeprefix("guideline:who/")] = (str(held.status), held.superseded_by)
    for hit in library.searcher.search("statin adults", 50):
        assert str(hit.passage.status) == found[hit.passage.document_id.removeprefix("guideline:who/")][0]
    return found


@pytest.mark.parametrize(
    ("new", "old", "takes"),
    [
        ("who/lipids@2024", "who/lipids@2019", True),
        ("who/lipids@2019", "who/lipids@2024", False),
        ("who/lipids@2024-06", "who/lipids@2024", True),
        ("who/lipids@v10", "who/lipids@v9", True),
        ("who/lipids@3", "who/lipids@2019", False),
        ("who/lipids@2024", "who/lipids@undated", False),
        ("who/lipids@2024", "nice/lipids@2019", False),
        ("who/lipids@2024", "who/lipids-in-children@2019", False),
        ("who/lipids@2024", "who/lipids@2024", False),
    ],
)
def test_a_later_edition_of_the_same_guideline_takes_the_place_of_the_earlier(new: str, old: str, takes: bool) -> None:
    assert takes_the_place_of(document(new), document(old)) is takes


def test_a_draft_takes_nobodys_place() -> None:
    assert not takes_the_place_of(document("who/lipids@2024", status=Status.DRAFT), document("who/lipids@2019"))


def test_an_identifier_without_a_version_is_its_own_family() -> None:
    assert family("nct:NCT1") == "nct:NCT1"


@pytest.mark.parametrize("order", list(permutations(["2014", "2019", "2024"])), ids="-".join)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_latest_edition_is_current_in_whatever_order_they_are_read(
    library: Library, tmp_path: Path, order: tuple[str, ...], at_once: bool
) -> None:
    paths = [tmp_path / f"{number}-{version}.md" for number, version in enumerate(order)]
    for path, version in zip(paths, order, strict=True):
        path.write_text(edition(version))
    for some in [paths] if at_once else [[path] for path in paths]:
        assert ingest_files(library, some).failures == []
    found = standing(library)
    assert found["lipids@2024"] == ("current", None)
    assert found["lipids@2019"] == ("superseded", "guideline:who/lipids@2024")
    assert found["lipids@2014"][0] == "superseded"
    before = standing(library)
    for path in paths:
        path.write_text(path.read_text() + "\n")  # read again, and nothing is different
    assert ingest_files(library, paths).unchanged == 3
    assert standing(library) == before


@pytest.mark.parametrize("names", [("old", "new"), ("new", "old")], ids="-then-".join)
def test_a_guideline_that_names_what_it_supersedes_is_believed(
    library: Library, tmp_path: Path, names: tuple[str, str]
) -> None:
    texts = {
        "old": edition("2009", title="Dengue in adults"),
        "new": edition("2025", "supersedes: ['guideline:who/dengue-in-adults@2009']", title="Arboviral diseases"),
    }
    for number, name in enumerate(names):
        (tmp_path / f"{number}.md").write_text(texts[name])
    ingest_files(library, [tmp_path])
    assert standing(library) == {
        "dengue-in-adults@2009": ("superseded", "guideline:who/arboviral-diseases@2025"),
        "arboviral-diseases@2025": ("current", None),
    }


def test_what_a_guidelines_file_no_longer_holds_is_taken_out_and_what_others_hold_stays(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "lipids.md"
    path.write_text(edition("2019"))
    (tmp_path / "other.md").write_text(edition("2020", title="Asthma"))
    (tmp_path / "a.xml").write_text(pubmed_xml())
    ingest_files(library, [tmp_path])
    path.write_text(edition("2024"))
    assert ingest_files(library, [tmp_path]).deleted == 1
    assert set(standing(library)) == {"lipids@2024", "asthma@2020"}


def test_a_guideline_whose_file_was_renamed_stays_though_another_has_its_old_name(
    library: Library, tmp_path: Path
) -> None:
    one, other = tmp_path / "a.md", tmp_path / "b.md"
    other.write_text(edition("2019"))
    ingest_files(library, [tmp_path])
    one.write_text(edition("2019"))
    other.write_text(edition("2020", title="Asthma"))
    assert ingest_files(library, [tmp_path]).deleted == 0
    assert set(standing(library)) == {"lipids@2019", "asthma@2020"}


def test_of_a_guideline_in_two_files_the_words_of_the_other_come_back_when_one_no_longer_says_it(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(edition("2019", words=" as the PDF has it"))
    (tmp_path / "b.md").write_text(edition("2019", words=" as the web page has it"))
    ingest_files(library, [tmp_path])
    (tmp_path / "b.md").write_text(edition("2020", title="Asthma"))
    for _ in range(2):
        assert ingest_files(library, [tmp_path]).deleted == 0
    assert any("as the PDF has it" in passage.text for passage in library.ledger.passages())
    assert set(standing(library)) == {"lipids@2019", "asthma@2020"}


@pytest.mark.parametrize("how", ["removed", "replaced", "retracted"])
def test_without_the_edition_that_took_its_place_a_guideline_is_current_again(
    library: Library, tmp_path: Path, how: str
) -> None:
    (tmp_path / "a.md").write_text(edition("2014"))
    (tmp_path / "b.md").write_text(edition("2019"))
    (tmp_path / "c.md").write_text(edition("2024"))
    ingest_files(library, [tmp_path])
    if how == "removed":
        remove_document(library, "guideline:who/lipids@2024")
    else:
        extra = ["status: retracted"] if how == "retracted" else []
        (tmp_path / "c.md").write_text(edition("2024", *extra, title="Asthma" if how == "replaced" else "Lipids"))
        ingest_files(library, [tmp_path])
    found = standing(library)
    assert found["lipids@2019"] == ("current", None)
    assert found["lipids@2014"] == ("superseded", "guideline:who/lipids@2019")


def test_of_two_that_each_name_the_other_as_superseded_neither_ends_the_run(library: Library, tmp_path: Path) -> None:
    names = [f"guideline:who/lipids@{version}" for version in ("2014", "2019", "2024")]
    (tmp_path / "a.md").write_text(edition("2019", f"supersedes: ['{names[0]}', '{names[2]}']"))
    (tmp_path / "b.md").write_text(edition("2024", f"supersedes: ['{names[0]}', '{names[1]}']"))
    (tmp_path / "c.md").write_text(edition("2014"))
    ingest_files(library, [tmp_path])
    assert standing(library)["lipids@2014"][0] == "superseded"


@pytest.mark.parametrize(
    ("title", "publisher", "year", "status", "expected"),
    [
        ("Dengue: Guidelines for diagnosis, treatment, prevention and control", "WHO", 2009, Status.CURRENT, Status.SUPERSEDED),
        ("Dengue: Guidelines for diagnosis, treatment, prevention and control", "WHO", 2030, Status.CURRENT, Status.CURRENT),
        ("Dengue: Guidelines for diagnosis, treatment, prevention and control", "MoH", 2009, Status.CURRENT, Status.CURRENT),
        ("Sexually Transmitted Diseases Treatment Guidelines, 2010", "CDC", 2010, Status.CURRENT, Status.SUPERSEDED),
        ("CDC Clinical Practice Guideline for Prescribing Opioids", "CDC", 2022, Status.DRAFT, Status.DRAFT),
    ],
)  # fmt: skip
def test_well_known_cases_carry_their_status(
    title: str, publisher: str, year: int, status: Status, expected: Status
) -> None:
    known = with_known_successor(
        Document("guideline:x/y@1", Kind.GUIDELINE, title, "", (), publisher=publisher, year=year, status=status)
    )
    assert known.status is expected
    assert bool(known.superseded_by) is (expected is not Status.CURRENT)


def test_the_final_opioid_guideline_is_not_taken_for_its_draft() -> None:
    title = "CDC Clinical Practice Guideline for Prescribing Opioids for Pain"
    final = Document("guideline:x/y@1", Kind.GUIDELINE, title, "", (), publisher="CDC", year=2022)
    assert with_known_successor(final) == final


@pytest.mark.slow
def test_the_genuine_dengue_guideline_of_2009_std_guideline_of_2010_and_cdc_draft_carry_their_status(
    library: Library, data_dir: Path
) -> None:
    guidelines = data_dir / "ingest" / "guidelines"
    names = ("dengue.pdf", "CDC-2022-0024-0002_content.pdf", "syphilis.xhtml")
    ingest_files(library, [path for name in names for path in guidelines.rglob(name)])
    found = {}
    for passage in library.ledger.passages():
        held = library.ledger.document(passage.document_id)
        assert held
        found[held.publisher] = (passage.status, held.superseded_by)
    assert found["WHO"][0] is Status.SUPERSEDED
    assert "arboviral" in str(found["WHO"][1])
    assert found["CDC"][0] is Status.DRAFT
    assert "71(3)" in str(found["CDC"][1])
    assert found["local"][0] is Status.SUPERSEDED
    assert "70(4)" in str(found["local"][1])
