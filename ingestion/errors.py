"""The one error family of `ingestion`: every message names the input and the mend."""


class IngestionError(Exception):
    """Base of everything `ingestion` raises on purpose. `str(error)` is fit to be shown to a user."""


class SourceError(IngestionError):
    """A file cannot be read as its kind: missing, empty, truncated, encrypted, or not what it claims to be."""


class MissingFileError(SourceError):
    """There is no such file."""


class UnknownKindError(IngestionError):
    """No parser recognises the file, or the kind asked for does not exist."""


class UnknownDocumentError(IngestionError):
    """The library holds no document of that identifier."""


class UnreadableLedgerError(IngestionError):
    """What lies in the place of a library's ledger is none, or is damaged."""


class ArchiveError(IngestionError):
    """A file is no exported library, is damaged, or cannot become the library it was to become."""


class UnknownJobError(IngestionError):
    """There is no job of that identifier."""


class QueueFullError(IngestionError):
    """As many jobs are waiting as may wait."""


class BusyError(IngestionError):
    """A job is writing the library, and what was asked for cannot be done beside it."""


class QueryError(IngestionError):
    """A live source cannot be asked this: a word that is no choice, a number that is none, or a search that it cannot read."""


class LiveSourceError(IngestionError):
    """A live source did not give what was asked of it. The message names the service, never an API key or what was searched for.

    `transient` says whether asking again later may help; `status` is the HTTP status of the last answer, where there was one.
    """

    def __init__(self, message: str, *, transient: bool = False, status: int | None = None) -> None:
        super().__init__(message)
        self.transient = transient
        self.status = status
