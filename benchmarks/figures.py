"""Writes every measured figure of the documents from `benchmarks/results/*.json`, between `<!-- figures:NAME -->` and `<!-- /figures -->`.

python benchmarks/figures.py           rewrites the tables in README.md and docs/*.md
python benchmarks/figures.py --check   exits 1 where a document says something else than the results
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from blocks import BLOCKS

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"(<!-- figures:(\w+) -->\n).*?(<!-- /figures -->)", re.DOTALL)


def written(text: str) -> str:
    """The document with every block as the results have it, empty where nothing was measured yet. Raises `KeyError` for one not among `BLOCKS`."""
    return _BLOCK.sub(lambda m: f"{m[1]}{_block(m[2])}{m[3]}", text)


def _block(name: str) -> str:
    block = BLOCKS[name]
    try:
        return f"\n{block()}\n\n"
    except FileNotFoundError:
        return ""


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a document is out of date")
    check = parser.parse_args().check
    stale = []
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        new = written(text)
        if new != text:
            stale.append(path.name)
            if not check:
                path.write_text(new, encoding="utf-8")
    if stale:
        print(("out of date: " if check else "written: ") + ", ".join(stale))
    sys.exit(bool(stale) and check)


if __name__ == "__main__":
    main()
