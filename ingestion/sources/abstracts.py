"""Which of an article's abstracts are its text.

PubMed's `Abstract` is always English. `OtherAbstract` (https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/240101/el-OtherAbstract.html) holds what else
there is: summaries in plain language, abstracts in other languages, abstracts by other agencies. A document has one language: English where
anything is in English, else the article's own, else the first. Of that language it has one abstract, NLM's before any other, and after it
the summary in plain language as a section of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexes.passage import Role
from ingestion.document import TextBuilder
from ingestion.sources.medline import abstract_role

PLAIN = "plain-language-summary"
_PLAIN_HEADING = "Plain language summary"
_NOTHING = re.compile(r"\s*+(?:abstract available from the publisher\.)?+\s*+", re.IGNORECASE)
"""Nothing, or what NLM prints for an abstract that it was not given."""
_NO_LABEL = "UNLABELLED"
"""NLM's stand-in for the label of a stretch without one."""

Stretch = tuple[str, str, str]
"""One stretch of an abstract: its text, its label as printed and NLM's category, either of which may be empty."""


@dataclass(frozen=True, slots=True)
class Abstract:
    """One abstract of an article, as printed.

    `language` is an ISO 639-1 code, `kind` is empty for the article's `Abstract`, else the `Type` of an `OtherAbstract`, `licence` its
    copyright notice.
    """

    stretches: Sequence[Stretch]
    language: str = "en"
    kind: str = ""
    licence: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is any text, and not only a word that there is none."""
        return not all(_NOTHING.fullmatch(text) for text, _, _ in self.stretches)


@dataclass(frozen=True, slots=True)
class Text:
    """What is read of an article's abstracts; `language` is empty where nothing is."""

    builder: TextBuilder
    language: str
    licence: str


def chosen_text(abstracts: Sequence[Abstract], languages: Sequence[str]) -> Text:
    """The text of an article from its abstracts, NLM's own first; `languages` are the article's."""
    builder = TextBuilder()
    found = [abstract for abstract in abstracts if abstract.says_something]
    shown = found if len(found) < 2 else _shown(found, languages)
    for abstract in shown:
        path = (_PLAIN_HEADING,) if abstract.kind == PLAIN else ()
        for text, printed, category in abstract.stretches:
            label = printed.strip()
            if label.upper() == _NO_LABEL:
                label = ""
            role = Role.SUMMARY if path else abstract_role(label, category)
            builder.add(text, role, (*path, label) if label else path)
    licence = next((abstract.licence for abstract in shown if abstract.licence), "")
    return Text(builder, shown[0].language if shown else "", licence)


def _shown(found: Sequence[Abstract], languages: Sequence[str]) -> list[Abstract]:
    """Of the chosen language the first abstract and, after it, the first summary in plain language."""
    offered = [abstract.language for abstract in found]
    language = next((code for code in ("en", *languages) if code in offered), offered[0])
    of_language = [abstract for abstract in found if abstract.language == language]
    usual = [abstract for abstract in of_language if abstract.kind != PLAIN]
    plain = [abstract for abstract in of_language if abstract.kind == PLAIN]
    return usual[:1] + plain[:1]
