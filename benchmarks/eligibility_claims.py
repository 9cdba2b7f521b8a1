"""Claims on real criteria of eligibility, true and false by the list they stand in: how many of each may be shown, with the check and without.

python benchmarks/eligibility_claims.py --data ../shared/data --out benchmarks/results/eligibility_claims.json

A criterion says whom it is about, the list above it whether they may take part. Each claim is said of one criterion of ClinicalTrials.gov's studies,
in words of this script, which repeat the criterion: this says how well the two lists are kept apart, not how people write.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

from registry_studies import studies

from assistant import verification
from assistant.answer import Citation
from assistant.verification.admission import Compared
from assistant.verification.evidence import Evidence
from assistant.verification.features import Embed
from assistant.verification.neural import probabilities
from indexes.embedding import load_embedder
from indexes.passage import Passage, Role
from ingestion.chunking import passages_of
from ingestion.sources.criteria import EXCLUSION, INCLUSION

SEED = 7
MOST = 150  # claims of a kind, true or false
WORDS = range(2, 25)  # of a criterion
_ELSE = re.compile(r"\b(?:unless|except\w*|other than|however|if)\b|[:\n]", re.IGNORECASE)

LET_IN = (
    ("can take part", "Patients with {} can take part in the trial."),
    ("eligible", "People with {} are eligible for this study."),
    ("required", "{} is required to participate."),
    ("includes", "The trial includes patients with {}."),
)
KEPT_OUT = (
    ("cannot take part", "Patients with {} cannot take part in the trial."),
    ("excluded", "People with {} are excluded from this study."),
    ("an exclusion criterion", "{} is an exclusion criterion of the trial."),
    ("excludes", "The trial excludes patients with {}."),
)
STUDIED = (("studied", "The study was done in patients with {}."),)


def criteria(folder: Path) -> Iterator[tuple[Passage, bool]]:
    """The criteria of one short sentence without an exception, each with whether it lets in."""
    for document in studies(folder):
        for passage in passages_of(document):
            sides = [step for step in passage.section if step in {INCLUSION, EXCLUSION}]
            listed = [part.role for part in passage.parts] == [Role.ELIGIBILITY]
            if listed and len(sides) == 1 and len(passage.text.split()) in WORDS and not _ELSE.search(passage.text):
                yield passage, sides[0] == INCLUSION


def claims(passage: Passage, admits: bool) -> Iterator[tuple[str, bool, str]]:
    """Kind, whether it is true, and words of the claims on a criterion."""
    said = passage.text.strip().rstrip(".;,")
    small = said if said[1:2].isupper() else said[0].lower() + said[1:]
    for forms, true in ((LET_IN, admits), (KEPT_OUT, not admits), (STUDIED, admits)):
        for kind, form in forms:
            yield kind, true, form.format(said if form.startswith("{") else small)


def shown(claim: str, passage: Passage, embed: Embed) -> bool:
    """Whether the claim may be shown with the criterion as its source."""
    citation = Citation(
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        quote=passage.text,
        start=0,
        end=len(passage.text),
        support=0.0,
    )
    return verification.verify(claim, [(citation, passage)], embed=embed, judge=probabilities).supported


def as_it_is(claim: str, evidence: Evidence) -> Compared:
    """What verification compares without the check."""
    return Compared(claim, evidence)


def measure(listed: Sequence[tuple[Passage, bool]], embed: Embed) -> list[dict[str, object]]:
    """For each kind of claim, true and false: how many, and the share that may be shown, with the check and without."""
    draw = random.Random(SEED)
    made: dict[tuple[str, bool], list[tuple[str, Passage]]] = defaultdict(list)
    for passage, admits in listed:
        for kind, true, claim in claims(passage, admits):
            made[kind, true].append((claim, passage))
    rows: list[dict[str, object]] = []
    for (kind, true), each in made.items():
        chosen = draw.sample(each, min(MOST, len(each)))
        with_check = sum(shown(claim, passage, embed) for claim, passage in chosen) / len(chosen)
        with patch.object(verification, "compared", as_it_is):
            without = sum(shown(claim, passage, embed) for claim, passage in chosen) / len(chosen)
        rows.append({"kind": kind, "true": true, "claims": len(chosen), "shown": with_check, "shown_without": without})
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the claims, verify them, write and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with ingest/ctgov_native")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    given = parser.parse_args(arguments)
    listed = list(criteria(given.data / "ingest" / "ctgov_native"))
    result = {
        "criteria": len(listed),
        "documents": len({passage.document_id for passage, _ in listed}),
        "rows": measure(listed, load_embedder().embed_passages),
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
