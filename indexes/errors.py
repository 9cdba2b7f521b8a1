"""The one error family of `indexes`: every message names the input and the mend."""

REBUILD = "Build it again from the ledger, which needs no files: citewell library reindex"
"""The mend of an index that is damaged or not the one that it should be."""


class RetrievalError(Exception):
    """Base of everything `indexes` raises on purpose. `str(error)` is fit to be shown to a user."""


class LibraryInUseError(RetrievalError):
    """Another process holds the embedded index; `url` is where it can be asked, if it is a server."""

    def __init__(self, message: str, url: str | None = None) -> None:
        super().__init__(message)
        self.url = url


class IncompatibleIndexError(RetrievalError):
    """The index was built by another embedder or another layout than the one asked for."""


class ModelMissingError(RetrievalError):
    """The embedding model's files are not installed."""


class EngineUnavailableError(RetrievalError):
    """The Qdrant server cannot be reached or refused the call."""


class IndexWriteError(RetrievalError):
    """The embedded index cannot be written: the disk is full, or its files are not to be changed."""


class ModelError(RetrievalError):
    """A model cannot be used, trained or exported: its files, its server's answers or its training data are not what they must be."""


class UnusableInputError(RetrievalError):
    """An engine was given what cannot be stored or looked for: a vector that is none, or a number of passages below one."""


class UnusableQueryError(UnusableInputError):
    """What a caller asks for cannot be looked for: a query without content, a filter, a mode or a number that is none."""
