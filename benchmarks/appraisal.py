"""How well a design is read from the text of an article alone, against what its title says.

python benchmarks/appraisal.py --data ../shared/data --out benchmarks/results/appraisal.json

Of the articles of DATA/ingest/pubmed_xml_reserialised whose title names a design, a sample of each: title and publication types are hidden, and the
design is read from the abstract. A title is no gold standard: a secondary analysis of a randomised trial is titled as what it is, and its abstract
speaks of the randomisation. Rates come with Wilson 95% intervals. Nothing is indexed.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

from answers import rate

from assistant.appraisal.design import design_of
from ingestion.chunking import passages_of
from ingestion.design import study_design
from ingestion.document import Document
from ingestion.sources.pubmed import PubMedXml

SEED = 1
MOST = 400  # articles of a design
DESIGNS = ("randomised trial", "observational study", "case report", "review", "animal study")


def titled(folder: Path) -> dict[str, list[Document]]:
    """The articles with an abstract, by the design that their title names."""
    found: dict[str, list[Document]] = {design: [] for design in DESIGNS}
    for path in sorted(folder.glob("*.xml.gz")):
        for item in PubMedXml().parse(path):
            if isinstance(item, Document) and item.text:
                design = study_design((), item.title)[0]
                if design in found:
                    found[design].append(item)
    return found


def read(document: Document) -> str:
    """Its design as the abstract says it."""
    hidden = replace(document, title="An article", publication_types=())
    return design_of(hidden, passages_of(hidden)).design


def main() -> None:
    """Parse the call, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of public data")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    results: dict[str, dict[str, dict[str, float | int]]] = {}
    for design, documents in titled(args.data / "ingest" / "pubmed_xml_reserialised").items():
        sample = random.Random(SEED).sample(documents, min(MOST, len(documents)))
        counts = Counter(map(read, sample))
        results[design] = {
            name: rate(counts[name], len(sample)) for name in ("randomised trial", "observational study", "unknown")
        }
        print(design, {name: f"{each['value']:.3f}" for name, each in results[design].items()}, len(sample))
    args.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
