"""A search in PubMed's own language, from typed parts: https://pubmed.ncbi.nlm.nih.gov/help/#search-tags.

Each phrase is quoted and has its field. Without a field PubMed maps words to others (automatic term mapping), and a phrase that it does not
know without quotes is taken apart; what it did with a phrase it tells (`Search.remarks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIRST_YEAR, LAST_YEAR = 1500, 3000  # as PubMed writes an open end
LONGEST = 4_000
"""Characters of a query."""
_NOT_WORDS = re.compile(r"[^\w\s'’,.%+/-]+|_")  # quotes, brackets, wildcards and colons are the language's own
_STEM = 4  # letters before a wildcard, as PubMed asks


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a record must be about: said in one of these words in title or abstract, or indexed with one of these MeSH headings."""

    words: Sequence[str] = ()
    mesh: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PubMedSearch:
    """All conditions hold; of several values of one any will do, but every concept and every author is asked for."""

    concepts: Sequence[Concept] = ()
    authors: Sequence[str] = ()
    journals: Sequence[str] = ()
    publication_types: Sequence[str] = ()
    mesh: Sequence[str] = ()
    year_from: int | None = None
    year_to: int | None = None

    def query(self) -> str:
        """The query. Raises `ValueError`, with the mend, where nothing is left to search for or it is too long."""
        about = [
            _any([*_tagged(concept.words, "tiab"), *_tagged(concept.mesh, "mh")]) for concept in self.concepts
        ] + _tagged(self.authors, "au")
        parts = [part for part in about if part]
        if not parts:
            raise ValueError("says nothing that could be searched for; give words of the topic")
        parts += filter(None, (_any(_tagged(self.journals, "ta")), _any(_tagged(self.publication_types, "pt"))))
        parts += filter(None, (_any(_tagged(self.mesh, "mh")),))
        if self.year_from or self.year_to:
            parts.append(f"{self.year_from or FIRST_YEAR}:{self.year_to or LAST_YEAR}[dp]")
        query = " AND ".join(parts)
        if len(query) > LONGEST:
            raise ValueError("makes too long a search; give fewer words")
        return query


def _tagged(phrases: Iterable[str], field: str) -> list[str]:
    """Each phrase, quoted, in that field; once each, and none of what has no letter or figure."""
    return list(dict.fromkeys(f'"{plain}"[{field}]' for phrase in phrases if (plain := _plain(phrase, field))))


def _plain(phrase: str, field: str) -> str:
    """The phrase without what PubMed would take for its language. A wildcard at the end of a word of the text stays."""
    words = " ".join(_NOT_WORDS.sub(" ", phrase).split()).strip(" ,.-/'’")
    if not any(character.isalnum() for character in words):
        return ""
    last = words.rpartition(" ")[2]
    wild = field == "tiab" and phrase.rstrip().endswith("*") and len(last) >= _STEM
    return f"{words}*" if wild else words


def _any(terms: Sequence[str]) -> str:
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})" if terms else ""
