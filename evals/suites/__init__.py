"""The registry of suites: a new suite is one file in this folder and one line in `SUITES`."""

from __future__ import annotations

from importlib import import_module

from evals.errors import CallError
from evals.suites.base import Suite

SUITES = {
    "citations": "evals.suites.citations:CitationsSuite",
    "faithfulness": "evals.suites.faithfulness:FaithfulnessSuite",
    "qa": "evals.suites.qa:QaSuite",
    "retrieval": "evals.suites.retrieval:RetrievalSuite",
    "support": "evals.suites.support:SupportSuite",
}
"""Suite name -> `module:class`, imported when it is asked for: suites need libraries that the base install does not have."""


def load_suite(name: str) -> Suite:
    """The suite of that name. Raises `CallError` that names the known ones."""
    if name not in SUITES:
        raise CallError(f"there is no suite {name!r}; known: {', '.join(SUITES)}")
    module, _, cls = SUITES[name].partition(":")
    suite: Suite = getattr(import_module(module), cls)()
    return suite
