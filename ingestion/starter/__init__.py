"""The starter library: digests of real records in their native formats, so that a fresh clone has something true to say."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
PATHS = tuple(FOLDER / name for name in ("guidelines", "pubmed", "trials"))
