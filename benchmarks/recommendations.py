"""How many recommendations of the genuine guidelines say how strong they are, how certain their evidence is, and whom they are for.

python benchmarks/recommendations.py --data ../shared/data --out benchmarks/results/recommendations.json

Counts what the parsers give, a row a folder of DATA/ingest/guidelines; nothing is indexed. Summaries by third parties are read too, as
`--kind guideline` reads them, for the sake of the grading schemes that they print. Files that are refused or of no known kind are passed over.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from indexes.passage import Role
from ingestion.document import Document
from ingestion.errors import IngestionError
from ingestion.sources import find_parser

FIELDS = ("grade", "strength", "certainty", "population")
ASKED = {"open_medicine_summaries": "guideline"}  # what `--kind` must say for a folder to be read at all


def documents(folder: Path) -> Iterator[Document]:
    """The guidelines of a folder, as far as its files can be read."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            items = find_parser(path, ASKED.get(folder.name, "auto")).parse(path)
            yield from (item for item in items if isinstance(item, Document))
        except IngestionError:
            continue


def counted(folder: Path) -> dict[str, object]:
    """A folder's row: guidelines, recommendations, and how many of these have each field."""
    counts: Counter[str] = Counter()
    for document in documents(folder):
        counts["documents"] += 1
        for section in document.sections:
            if section.role is Role.RECOMMENDATION:
                counts["recommendations"] += 1
                counts.update(name for name in FIELDS if getattr(section, name) is not None)
    return {"source": folder.name, **{name: counts[name] for name in ("documents", "recommendations", *FIELDS)}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real data (shared/data)")
    parser.add_argument("--out", type=Path, required=True, help="where to write the figures (JSON)")
    options = parser.parse_args()
    rows = []
    for folder in sorted(path for path in (options.data / "ingest" / "guidelines").iterdir() if path.is_dir()):
        row = counted(folder)
        print(", ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        if row["recommendations"]:
            rows.append(row)
    options.out.write_text(json.dumps({"sources": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
