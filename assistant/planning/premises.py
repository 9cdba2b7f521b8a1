"""What a question takes for granted, in its own words: "Why does X raise Y?" says that X raises Y."""

from __future__ import annotations

import re

FEWEST_WORDS = 3
_SAID = (
    re.compile(
        r"^(?:since|given that|considering that|now that|if it is true that)\s+(?P<premise>[^,?]+),\s*(?:then\s+)?"
        r"(?=(?:at|for|in|with|to|by)?\s*(?:what|which|who|how|when|where|why|should|is|are|does|do|can|could|may|must|will)\b)",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:and\s+)?(?:why|how come|by how much|how (?:much|strongly|quickly|soon|well))\s+"
        r"(?:is|are|was|were|does|do|did|has|have|can|will|would)\s+(?P<premise>[^?]+)\?*$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^what (?:explains|is the (?:reason|explanation|mechanism)(?: for the fact)?)(?: that| why)\s+(?P<premise>[^?]+)\?*$",
        re.IGNORECASE,
    ),
)
_OF_ONE_PERSON = re.compile(r"\b(?:i|my|me|we|our|he|his|she|her|this patient)\b", re.IGNORECASE)
"""What is said of a patient is no statement that evidence could deny."""


def premise_of(question: str) -> str:
    """The words that the question takes for granted; empty where it does so in no form that is known.

    Of a question with inverted order the auxiliary is left out: "Why is aspirin advised?" gives "aspirin advised", which is compared by its words.
    """
    for pattern in _SAID:
        if found := pattern.match(question.strip()):
            premise = found["premise"].strip(" .")
            return premise if len(premise.split()) >= FEWEST_WORDS and not _OF_ONE_PERSON.search(premise) else ""
    return ""
