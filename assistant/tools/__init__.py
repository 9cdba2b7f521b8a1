"""Tools that look things up for an answer: few, typed, read-only. A new one is one file and one line in `TOOLS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from assistant.settings import Settings
from assistant.tools.base import Arguments, Bench, Found, Tool, read_arguments
from assistant.tools.calculate import Calculate
from assistant.tools.find_article import FindArticle
from assistant.tools.live_pubmed import LivePubMed
from assistant.tools.live_shelf import LiveShelf
from assistant.tools.live_trials import LiveTrials
from assistant.tools.read_document import ReadDocument
from assistant.tools.search_guidelines import SearchGuidelines
from assistant.tools.search_literature import SearchLiterature
from assistant.tools.search_trials import SearchTrials

__all__ = ["LIVE_TOOLS", "TOOLS", "Arguments", "Bench", "Found", "Tool", "load_tools", "read_arguments"]

# In the order in which a model reads them.
TOOLS: tuple[Callable[[], Tool], ...] = (
    SearchGuidelines,
    SearchLiterature,
    SearchTrials,
    ReadDocument,
    FindArticle,
    Calculate,
)
LIVE_TOOLS: tuple[Callable[[Settings, LiveShelf], Tool], ...] = (LivePubMed, LiveTrials)
"""They send words of the question to a service, so they are offered only where the operator says so (`CITEWELL_LIVE_TOOLS`)."""


def load_tools(settings: Settings, home: Path | None = None) -> Mapping[str, Tool]:
    """The tools that these settings allow, by name. `home` is the library's folder, where not that of the settings.

    Load them once and share them: a live tool keeps its service's pace among all that use it. Raises `LiveSourceError` where a live tool is
    to be offered and its service's address is none.
    """
    tools = [make() for make in TOOLS]
    if settings.live_tools:
        live = LiveShelf(home or settings.home)
        tools += [make_live(settings, live) for make_live in LIVE_TOOLS]
    return {tool.name: tool for tool in tools}
