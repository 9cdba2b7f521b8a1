"""The one error family of `evals`: every message names the input and the mend."""


class EvaluationError(Exception):
    """Base of everything `evals` raises on purpose. `str(error)` is fit to be shown to a user."""


class CallError(EvaluationError):
    """The call is wrong: an unknown suite, or a folder that cannot be read from or written to."""


class DataError(CallError):
    """An evaluation set is missing, incomplete or corrupt."""


class MissingExtraError(EvaluationError):
    """The libraries of the `evals` extra are not installed."""


class JudgeGoneError(EvaluationError):
    """The judging model failed too often in a row: it is gone, or cannot do what is asked of it."""
