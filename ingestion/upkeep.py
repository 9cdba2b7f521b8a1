"""Looking after the index of a library that is open, or that is held to be mended: what the command line and a server's jobs share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from indexes.embedding import Embedder
from indexes.engines import Engine
from indexes.errors import IncompatibleIndexError
from ingestion.home import Home
from ingestion.library import Library
from ingestion.reindexing import Tell, reindex
from ingestion.versions import Version
from ingestion.whole_file import write_whole

_WANTED = "reindex.json"


class Wanted(BaseModel):
    """What a new index version is to be built with; as it was, where not said. `keep_old`: the one before is not dropped.

    A server takes this from a file in the library's folder, never from a request: an embedder names folders and addresses, and who may write there
    may name them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedder: str | None = None
    engine: str | None = None
    quantisation: str | None = None
    keep_old: bool = False

    def leave(self, home: Path) -> None:
        """Lay it where the server that holds the library finds it."""
        write_whole(home / _WANTED, self.model_dump_json().encode())

    @classmethod
    def take(cls, home: Path) -> Wanted:
        """What was left there, once; nothing in particular, where nothing was."""
        path = home / _WANTED
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            return cls()
        finally:
            path.unlink(missing_ok=True)

    def to_options(self) -> dict[str, str]:
        """As a job keeps it."""
        return {name: str(value) for name, value in self.model_dump(exclude_defaults=True).items()}


def reindex_held(home: Home, wanted: Wanted, load: Callable[[str], Embedder], tell: Tell) -> Version:
    """Build the version that is wanted and go over to it; in a `Library` its index goes on answering.

    `load` opens the embedder of a spec, the default one where it is empty.

    The index need not be fit to be searched: it may be damaged, or another Citewell's. Raises what `reindex` raises, and `ModelMissingError`.
    """
    with ExitStack() as stack:
        current = home.versions.current()
        spec = wanted.embedder or (current.spec if current else "")
        if isinstance(home, Library):
            old: Engine | None = home.searcher.engine
            embedder = home.searcher.embedder if spec == home.version.spec else load(spec)
        else:
            embedder, old = load(spec), None
            if current and current.embedder == embedder.name:
                with suppress(IncompatibleIndexError):  # which may be why it is built again
                    old = stack.enter_context(closing(home.place.open(current)))
        options = wanted.model_dump(include={"engine", "quantisation", "keep_old"})
        return reindex(home, embedder, old, tell, spec=spec, **options)


def optimise(library: Library, tell: Tell) -> bool:
    """Have the engine build what makes searching fast, in a copy of the index that then takes its place; false where there is nothing to do.

    Questions are answered meanwhile, and what is ingested is found at once.
    """
    if library.place.shared or library.unoptimised() == 0:
        return False
    reindex(library, library.searcher.embedder, library.searcher.engine, tell, spec=library.version.spec)
    return True
