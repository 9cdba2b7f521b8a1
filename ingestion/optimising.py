"""`python -m ingestion.optimising FOLDER`: build what makes searching an embedded index fast, in a process that nobody waits on but its parent."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from indexes.errors import RetrievalError
from ingestion.places import open_folder, read_manifest


def main(folder: Path) -> None:
    """Optimise the index in the folder, as its manifest describes it."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(10)  # who asks a question goes first
    try:
        engine = open_folder(folder, read_manifest(folder))
        engine.optimize()
        engine.flush()
        engine.close()
    except RetrievalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
