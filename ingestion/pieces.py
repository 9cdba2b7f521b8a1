"""How many word pieces a text is to an embedder, so that passages can be cut to what embedders read.

Counted with BERT's uncased English vocabulary (30,522 pieces), which the default embedder shares with most English ones (bge, e5, gte, MiniLM): a
library's passages do not depend on the embedder it was built with. A word is counted once and remembered.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tokenizers import Tokenizer

from indexes.embedding.weights import weights_folder

# BERT splits at white space and punctuation: here at the common part of it, what is left is split when a word is counted. A run of more than
# 100 characters is one unknown piece to BERT and several here.
_PUNCTUATION = r"!-/:-@\[-`{-~‐-‧"
_WORD = re.compile(rf"[^\s{_PUNCTUATION}]{{1,100}}|[{_PUNCTUATION}]")


def count_pieces(text: str) -> int:
    """The word pieces of `text`, without the two that mark its start and end; the parts of a text split at white space add up to the whole.

    Raises `ModelMissingError` where the vocabulary is not installed.
    """
    return sum(map(_of_word, _WORD.findall(text)))


@lru_cache(maxsize=1 << 16)
def _of_word(word: str) -> int:
    return max(
        1, len(_vocabulary().encode(word, add_special_tokens=False).ids)
    )  # marks alone are none to BERT, and endless here


@lru_cache(maxsize=1)
def _vocabulary() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
