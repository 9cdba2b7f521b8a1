"""Every genuine file through the real door, a table by source: documents, passages, what was refused and why, seconds.

python benchmarks/ingest_everything.py --data ../shared/data --home /somewhere/big --out benchmarks/results/ingest_everything.json

Runs `citewell ingest files` on each source of DATA/ingest in turn, into one library in HOME. A second run with the same HOME resumes: what was read
before costs nothing, and its seconds are added to those before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any


def sources(data: Path) -> list[Path]:
    """The folders that a librarian would name: each source, and each set of guidelines."""
    top = sorted(path for path in (data / "ingest").iterdir() if path.is_dir() and path.name != "guidelines")
    return top + sorted(path for path in (data / "ingest" / "guidelines").iterdir() if path.is_dir())


def ingest(folder: Path, home: Path) -> tuple[dict[str, Any], float]:
    """The report of one `citewell ingest files --json`, and its seconds."""
    command = [sys.executable, "-c", "from assistant.cli import main; main()", "ingest", "files", str(folder), "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, "CITEWELL_HOME": str(home)}, check=False, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if not done.stdout.strip():
        raise SystemExit(f"{folder}: {done.stderr}")
    return json.loads(done.stdout), seconds


def plain(reason: str, folder: Path) -> str:
    """A reason without what is particular to one file, so that like reasons count together."""
    reason = re.sub(r"\S*" + re.escape(str(folder)) + r"\S*:? ?", "", reason)
    reason = re.sub(r"line \d+, column \d+|<string>|\d[\d,]*", "…", reason)
    return " ".join(reason.split())[:120]


def held(home: Path, folder: Path) -> dict[str, Any]:
    """What the library holds of a source, and its failures by reason."""
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        below = f"{folder}/%"
        documents, passages = ledger.execute(
            "SELECT COUNT(DISTINCT d.document_id), COUNT(p.passage_id) FROM documents d LEFT JOIN passages p USING (document_id) "
            "WHERE source LIKE ?",
            (below,),
        ).fetchone()
        kinds = dict(
            ledger.execute(
                "SELECT kind, COUNT(*) FROM documents WHERE source LIKE ? GROUP BY kind", (below,)
            ).fetchall()
        )
        reasons = Counter(
            plain(reason, folder)
            for (reason,) in ledger.execute("SELECT reason FROM failures WHERE source LIKE ?", (below,))
        )
    return {"documents": documents, "passages": passages, "kinds": kinds, "quarantined": dict(reasons.most_common())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real data (shared/data)")
    parser.add_argument(
        "--home", type=Path, required=True, help="the library's folder: kept, so that a run can be resumed"
    )
    parser.add_argument("--out", type=Path, required=True, help="where to write the figures (JSON)")
    parser.add_argument(
        "--only", default="", help="only the sources whose names contain this; those before stay in the table"
    )
    options = parser.parse_args()
    data = options.data.resolve()
    sittings = options.home / "sittings.json"
    before = json.loads(sittings.read_text(encoding="utf-8")) if sittings.exists() else {}
    for folder in sources(data):
        name = str(folder.relative_to(data / "ingest"))
        if options.only not in name:
            continue
        report, seconds = ingest(folder, options.home)
        entry = before.setdefault(name, {"seconds": 0.0, "sittings": 0})
        entry["seconds"] += seconds
        entry["sittings"] += bool(report["files"])
        entry["passed_over"] = len(report["skipped"])
        sittings.write_text(json.dumps(before), encoding="utf-8")
        print(f"{name}: {report['added']} added, {report['changed']} changed, {seconds:.0f} s", flush=True)
    rows = [
        {"source": name, **held(options.home, data / "ingest" / name), **entry}
        for name, entry in sorted(before.items())
    ]
    result = {"cores": os.cpu_count(), "sources": rows}
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
