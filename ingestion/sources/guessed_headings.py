"""Headings that are set as plain paragraphs, as converters and hurried authors leave them: "Follow-Up", then what to follow up.

A heading is taken out of a document's text, so only what can hardly be anything else is taken for one: no figures, no advice, no sentence.
"""

from __future__ import annotations

import re

from ingestion.sources.recommendations import recommends

_LONGEST = 90
LONGEST_RUN = 3
"""This many headings may follow each other; more are a list."""
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SMALL_WORDS = frozenset((
    "a", "an", "and", "as", "at", "be", "by", "for", "from", "in", "into", "of", "on", "or", "than", "that", "the", "their", "to", "vs", "who",
    "whom", "whose", "with",
))  # fmt: skip
_GLOSSARY = re.compile(r"^\S+: ")  # "IgE: Immunoglobulin E"


def looks_like_heading(text: str, *, title_case: bool) -> bool:
    """Whether a paragraph of these words reads as a heading. `title_case`: nothing else sets it apart, so it must be Written Like This."""
    if not 2 < len(text) <= _LONGEST or not text[0].isupper() or text[-1] in ".;:,?!":
        return False
    if any(map(str.isdigit, text)) or _GLOSSARY.match(text) or recommends(text):
        return False
    return not title_case or all(word[0].isupper() or word in _SMALL_WORDS for word in _WORD.findall(text))


def looks_like_text(text: str) -> bool:
    """Whether a paragraph of these words is one that a heading may stand over: longer than a heading, or a sentence."""
    return len(text) > _LONGEST or text.endswith((".", ";", ":"))
