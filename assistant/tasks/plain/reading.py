"""How hard words are to read: the Flesch-Kincaid grade, the years of schooling in the United States after which they are understood.

Grade = 0.39 words/sentence + 11.8 syllables/word - 15.59: Kincaid, Fishburne, Rogers and Chissom, "Derivation of new readability formulas for Navy
enlisted personnel" (1975). Patient materials are asked to be at grade 6 to 8. Syllables are counted by rule: libraries that look them up in a
dictionary fetch it from the network at first use, and nothing here may.
"""

from __future__ import annotations

import re

from ingestion.sentences import sentence_spans

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,·]\d+)*")
_VOWELS = re.compile(r"[aeiouyàâäáåæèéêëìíîïòóôöøùúûüý]+")
# Two vowels in two syllables: "di-abetes", "ra-dio", "du-al", "ne-onate"; but "so-cial", "na-tion".
_APART = re.compile(
    r"(?<![tcsg])ia|[ct]iat|(?<![tcsgn])io(?!us)|io$|(?<=[rv])iou|iu|(?<!p)eo(?!u)|(?<=\w\w)ea$|(?<![qg])ua(?!r[dt])|(?<!q)uo(?!u)|(?<!t)ie(?=t|n[ct])"
    r"|oa(?=g|c)|yo(?=c)|(?<!g)[aeiou]ing|yi"
)
_SILENT = re.compile(r"(?:(?<![aeiouyl])e|(?<=[aeiouy]l)e|(?<![td])ed|(?<![aeiouyszxcg])(?<!sh)(?<!ch)es)$")


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of a text, to one decimal; 0 where it has no words. A number counts as a word of one syllable."""
    words = _WORD.findall(text)
    sentences = len(sentence_spans(text))
    if not words or not sentences:
        return 0.0
    spoken = sum(syllables(word) for word in words)
    return round(0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59, 1)


def syllables(word: str) -> int:
    """The syllables of an English word, as near as rules can tell; an abbreviation in capitals has one a letter."""
    if word[0].isdigit():
        return 1
    if word.isupper() and 1 < len(word) <= 5:
        return len(word) + 2 * word.count("W")
    lowered = word.lower()
    heard = _SILENT.sub("", lowered) if len(lowered) > 3 else lowered
    count = len(_VOWELS.findall(heard)) + len(_APART.findall(heard))
    if re.search(r"[^aeiouy]sm$", heard) or heard.endswith(("ism", "asm")):
        count += 1
    return max(1, count)
