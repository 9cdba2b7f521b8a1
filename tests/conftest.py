"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real public data: `CITEWELL_DATA`, or `../shared/data` beside the repository. Skips where there is none."""
    folder = Path(os.environ.get("CITEWELL_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "README.md").is_file():
        pytest.skip(f"real data not found at {folder}: set CITEWELL_DATA to its folder")
    return folder
