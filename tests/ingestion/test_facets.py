"""What passages can be found by: read from records as registries write them, kept true, and brought to libraries that were made before."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import qdrant_edge
from hashed_embedder import HashedEmbedder
from native import article, pubmed_xml

from indexes import lexical
from indexes.engines import point_id
from indexes.filters import Filters
from indexes.passage import OLDEST, YOUNGEST, Facets, Kind, Sex
from ingestion.database import pack, unpack
from ingestion.document import Document
from ingestion.facets import facets_of, first_age, last_age
from ingestion.library import Library
from ingestion.pipeline import ingest_files


def study(status: str = "RECRUITING", maximum: str = "17 Years") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Aspirin in children"},
            "statusModule": {"overallStatus": status},
            "descriptionModule": {"briefSummary": "Aspirin is compared with placebo."},
            "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE2", "PHASE3"]},
            "eligibilityModule": {"sex": "FEMALE", "minimumAge": "6 Months", "maximumAge": maximum},
            "conditionsModule": {"conditions": ["Systolic Heart Failure"]},
            "contactsLocationsModule": {
                "locations": [{"country": "France"}, {"country": "France"}, {"country": "Peru"}]
            },
        },
        "derivedSection": {
            "conditionBrowseModule": {
                "meshes": [{"term": "Heart Failure, Systolic"}],
                "ancestors": [{"term": "Heart Failure"}, {"term": "Heart Diseases"}],
            },
            "interventionBrowseModule": {"meshes": [{"term": "Aspirin"}]},
        },
    }


def ingest(library: Library, path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
    assert not ingest_files(library, [path]).failures


def found(library: Library, **conditions: Any) -> set[str]:
    return {hit.passage.document_id for hit in library.searcher.search("aspirin", 50, Filters(**conditions))}


def test_a_trial_is_found_by_what_its_record_says(library: Library, tmp_path: Path) -> None:
    ingest(library, tmp_path / "a.json", study())
    facets = library.searcher.search("aspirin")[0].passage.facets
    assert facets == Facets(
        mesh=("Heart Failure, Systolic", "Aspirin"),
        trial_status="RECRUITING",
        phases=("PHASE2", "PHASE3"),
        sex=Sex.FEMALE,
        min_age=0.5,
        max_age=facets.max_age,
        countries=("France", "Peru"),
        conditions=("Systolic Heart Failure", "Heart Failure, Systolic", "Heart Failure", "Heart Diseases"),
    )
    passing: list[dict[str, Any]] = [
        {"age": 0.5}, {"age": 17}, {"age": 17.9}, {"sex": Sex.FEMALE}, {"phases": frozenset({"III"})}, {"countries": frozenset({"FRANCE"})},
        {"conditions": frozenset({"heart failure"})}, {"mesh": frozenset({"aspirin"})}, {"trial_statuses": frozenset({"Recruiting"})},
    ]  # fmt: skip
    failing: list[dict[str, Any]] = [
        {"age": 0.49}, {"age": 18}, {"sex": Sex.MALE}, {"sex": Sex.ALL}, {"phases": frozenset({"1"})}, {"countries": frozenset({"Fran"})},
        {"conditions": frozenset({"heart"})}, {"publication_types": frozenset({"Review"})},
    ]  # fmt: skip
    assert [found(library, **one) for one in passing] == [{"nct:NCT00000001"}] * len(passing)
    assert [found(library, **one) for one in failing] == [set()] * len(failing)


def test_another_status_of_a_trial_costs_no_embedding(
    library: Library, tmp_path: Path, embedder: HashedEmbedder
) -> None:
    ingest(library, tmp_path / "a.json", study())
    asked = len(embedder.embedded)
    ingest(library, tmp_path / "a.json", study("COMPLETED"))
    assert len(embedder.embedded) == asked
    assert not found(library, trial_statuses=frozenset({"recruiting"}))
    assert found(library, trial_statuses=frozenset({"completed"}), age=3) == {"nct:NCT00000001"}


@pytest.mark.parametrize(
    ("limit", "first", "last"),
    [
        ("18 Years", 18.0, 18.9973),
        ("6 Months", 0.5, 0.5806),
        ("28 Days", 0.0767, 0.0767),
        ("2 Weeks", 0.0383, 0.0548),
        ("12 Hours", 0.0014, 0.0014),
        ("1 year", 1.0, 1.9973),
        ("", YOUNGEST, OLDEST),
        ("adult", YOUNGEST, OLDEST),
    ],
)
def test_an_age_limit_in_years(limit: str, first: float, last: float) -> None:
    assert (first_age(limit), last_age(limit)) == pytest.approx((first, last), abs=1e-4)


def test_a_trial_without_limits_is_open_to_every_age_and_an_article_to_none() -> None:
    trial = Document("nct:NCT00000002", Kind.TRIAL, "T", "", ())
    assert (facets_of(trial).min_age, facets_of(trial).max_age) == (YOUNGEST, OLDEST)
    paper = replace(trial, kind=Kind.LITERATURE, mesh=("Heart Failure/drug therapy", "Heart Failure/mortality"))
    assert facets_of(paper) == Facets(mesh=("heart failure",))


def test_a_library_written_before_is_brought_up_and_nothing_embedded(tmp_path: Path, embedder: HashedEmbedder) -> None:
    home = tmp_path / "home"
    with Library.open(home, purpose="a test", embedder=embedder) as library:
        ingest(library, tmp_path / "a.json", study())
        (tmp_path / "b.xml").write_text(pubmed_xml(article(1)))
        ingest_files(library, [tmp_path / "b.xml"])
        after = {passage.passage_id: passage for passage in library.ledger.passages()}
        for passage in after.values():  # the index as it was
            payload = {name: value for name, value in passage.to_payload().items() if name != "facets"}
            old = qdrant_edge.UpdateOperation.overwrite_payload([point_id(passage.passage_id)], payload)
            library.searcher.engine._shard.update(old)  # type: ignore[attr-defined]
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:  # and the ledger
        for name, packed in ledger.execute("SELECT passage_id, payload FROM passages").fetchall():
            payload = {field: value for field, value in unpack(packed).items() if field != "facets"}
            ledger.execute("UPDATE passages SET payload = ? WHERE passage_id = ?", (pack(payload), name))
        ledger.execute("DELETE FROM meta")  # an earlier Citewell knew one version only
        ledger.execute("INSERT INTO meta VALUES ('signature', ?)", (f"{embedder.name}+{lexical.VERSION}",))
        ledger.executescript("DROP TABLE excluded; DROP TABLE identifiers")  # which came later
        ledger.execute("PRAGMA user_version = 5")
        ledger.commit()
    asked = len(embedder.embedded)
    for _ in range(2):
        with Library.open(home, purpose="a test", embedder=embedder) as library:
            assert {passage.passage_id: passage for passage in library.ledger.passages()} == after
            assert found(library, conditions=frozenset({"heart failure"})) == {"nct:NCT00000001"}
            assert found(library) == {"nct:NCT00000001", "pubmed:1"}
    assert len(embedder.embedded) == asked
