"""The lexical side: biomedical tokens, stemmed, as sparse BM25 vectors that every engine scores alike.

BM25 after Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009): the term-frequency part is computed here and
stored, the inverse document frequency is the engine's (`modifier = idf`), so that it stays true while documents come and go.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import Stemmer

from indexes.spelling import american
from indexes.variants import forms

VERSION = "bm25-5"  # part of the index's signature: change it whenever the same text would get other weights
K1 = 1.2
B = 0.75
RELATED_WEIGHT = 0.3  # of a word that a query does not say but may mean
AVERAGE_LENGTH = 160.0  # tokens; fixed, because the stored weights must not depend on what else is in the library

# A number with its points and commas, or with a point before it (".5"), or a word with what is joined to it; in "1-2.5" the decimal is a number, not
# a part of a word.
_TOKEN = re.compile(r"(?<![^\W_])(?<![.,])\.\d+|\d+(?:[.,]\d+)+|[^\W_]+(?:[-/'’](?!\d+[.,]\d)[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term identifiers (32-bit hashes) and their weights, of equal length."""

    indices: list[int]
    values: list[float]


@lru_cache(maxsize=1)
def stopwords() -> frozenset[str]:
    """Words that carry no content: `stopwords.txt` beside this module."""
    return frozenset(files("indexes").joinpath("stopwords.txt").read_text(encoding="utf-8").split())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word in its American spelling; words with digits (`il-6`, `hba1c`) are left as they are."""
    if not word.isalpha() or len(word) < 4:
        return word
    return str(Stemmer.Stemmer("english").stemWord(american(word)))


def token_spans(text: str) -> list[tuple[str, int, int]]:
    """Stemmed content tokens in order, each with the characters it stands for.

    A compound (`SARS-CoV-2`, `BRCA1/2`) gives itself and then its parts; `non-` makes one word with what follows; decimals stay whole.
    """
    found: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(text):
        word = unicodedata.normalize("NFKC", match.group())  # a PDF's "ﬁ" is "fi", and there are two characters μ
        word = word.lower().replace("’", "'").removesuffix("'s")
        word = f"0{word}" if word.startswith(".") else word
        parts = re.split(r"[-/']", word)
        if parts[0] == "non" and len(parts) == 2:
            parts = [
                "non" + parts[1]
            ]  # "non-cancer pain" is not about cancer, and "nonvalvular" is the same word without its hyphen
        if len(parts) > 1:
            found.append(("-".join([*parts[:-1], stem(parts[-1])]), match.start(), match.end()))  # "beta-blockers"
        found.extend((stem(part), match.start(), match.end()) for part in parts if part and part not in stopwords())
    return found


def tokens(text: str) -> list[str]:
    """The tokens of `token_spans`, without their places."""
    return [token for token, _, _ in token_spans(text)]


def _term(form: str) -> int:
    return zlib.crc32(form.encode())


def _forms(text: str) -> list[str]:
    """What the index knows a text by: its tokens, however they are written."""
    return [form for token in tokens(text) for form in forms(token)]


def encode_passage(text: str) -> SparseVector:
    """BM25 term-frequency weights of a passage: tf·(k1+1) / (tf + k1·(1 - b + b·length/average)).

    `text` is the passage's `lexical_text`: its fields are counted together before saturation, as BM25F does (Robertson, Zaragoza and Taylor, CIKM
    2004), each with weight 1; more for the title gained nothing on the development sets.
    """
    counts = Counter(_forms(text))
    length = sum(counts.values())
    saturation = K1 * (1 - B + B * length / AVERAGE_LENGTH)
    weights: dict[int, float] = {}
    for form, count in counts.items():
        term = _term(form)
        weights[term] = weights.get(term, 0.0) + count * (K1 + 1) / (count + saturation)
    return SparseVector(list(weights), list(weights.values()))


def encode_query(text: str, related: Iterable[str] = ()) -> SparseVector:
    """One unit of weight for each different token of a query, `RELATED_WEIGHT` for those that only the `related` texts have."""
    weights = dict.fromkeys(map(_term, _forms(" ".join(related))), RELATED_WEIGHT)
    weights.update(dict.fromkeys(map(_term, _forms(text)), 1.0))
    terms = sorted(weights)
    return SparseVector(terms, [weights[term] for term in terms])


def encode_tokens(stemmed: Iterable[str]) -> SparseVector:
    """The query of tokens that `tokens` made: stemming them once more would make others of them (`diseas`, `disea`)."""
    terms = sorted({_term(forms(token)[0]) for token in stemmed})
    return SparseVector(terms, [1.0] * len(terms))
