"""A retrieval set small enough to read: twelve documents, six judged queries, one that nothing answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

DOCUMENTS = {
    "d1": ("Aspirin after myocardial infarction", "Low-dose aspirin reduces recurrent infarction and vascular death."),
    "d2": ("Metformin in type 2 diabetes", "Metformin lowers HbA1c without weight gain and is the usual first drug."),
    "d3": (
        "Statins for primary prevention",
        "Statins lower LDL cholesterol and the rate of first cardiovascular events.",
    ),
    "d4": ("Colonoscopy screening", "Screening colonoscopy finds adenomas and lowers colorectal cancer mortality."),
    "d5": (
        "Inhaled corticosteroids in asthma",
        "Daily inhaled budesonide prevents exacerbations of persistent asthma.",
    ),
    "d6": ("Rifampicin resistance", "Molecular tests detect rifampicin-resistant tuberculosis within two hours."),
    "d7": ("Cognitive therapy for depression", "Cognitive behavioural therapy matches drugs in moderate depression."),
    "d8": ("Anticoagulation in atrial fibrillation", "Apixaban prevents stroke with less bleeding than warfarin."),
    "d9": ("Folic acid before conception", "Folic acid before conception prevents neural tube defects."),
    "d10": (
        "",
        "Hand washing with alcohol rub cuts hospital infections. See https://example.org/<script>alert(1)</script>.",
    ),
    "d11": ("Title only, as some records are", ""),
    "d12": ("Opioids for chronic back pain", "Opioids give small short-term relief and carry risks of dependence."),
}
QUERIES = {
    "q1": "does aspirin prevent a second heart attack",
    "q2": "first drug for type 2 diabetes",
    "q3": "stroke prevention in atrial fibrillation",
    "q4": "rapid test for drug-resistant tuberculosis",
    "q5": "supplements before pregnancy against birth defects",
    "q6": "<b>opioids</b> for back pain",
    "q7": "nobody judged this",
    "q8": "judged, and nothing was relevant",
}
JUDGEMENTS = [
    ("q1", "d1", 2), ("q1", "d3", 0), ("q2", "d2", 1), ("q3", "d8", 1), ("q4", "d6", 1), ("q5", "d9", 1), ("q6", "d12", 1),
    ("q8", "d4", 0), ("q8", "d5", -1),
]  # fmt: skip


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A CITEWELL_HOME of this test; no model is set, and one that is set is asked for answers alone."""
    from assistant.settings import load_settings

    home = tmp_path / "home"
    monkeypatch.setenv("CITEWELL_HOME", str(home))
    monkeypatch.setenv("CITEWELL_LLM_TOOLS", "none")
    monkeypatch.delenv("CITEWELL_LLM", raising=False)
    load_settings.cache_clear()
    yield home
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def write_set(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Writes a set into a folder of its own; what is not given is the small set above."""

    def write(
        documents: Mapping[str, tuple[str, str]] = DOCUMENTS,
        queries: Mapping[str, str] = QUERIES,
        judgements: Sequence[tuple[str, str, int]] = JUDGEMENTS,
    ) -> Path:
        folder = tmp_path_factory.mktemp("sets") / "small"
        folder.mkdir()
        corpus = [{"_id": key, "title": title, "text": text} for key, (title, text) in documents.items()]
        asked = [{"_id": key, "text": text} for key, text in queries.items()]
        for name, records in (("corpus.jsonl", corpus), ("queries.jsonl", asked)):
            (folder / name).write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
        rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in judgements)]
        (folder / "qrels.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return folder

    return write
