"""Questions made to keep a regular expression busy: each door's longest is planned at once, whatever it is made of."""

from __future__ import annotations

import subprocess
import sys

import pytest

LONGEST = 4000  # characters
KILLED_AFTER = 20  # seconds for all of a reader's questions; without a fault they take a few at most, with one minutes
READERS = {
    "plan": "from assistant.planning.rules import plan as read",
    "asks": "from assistant.planning.asking import asks as read",
    "effect": "from assistant.planning.asking import effect_of as read",
    "premise": "from assistant.planning.premises import premise_of as read",
    "effect premised": "from assistant.planning.premises import effect_asked as read",
    "country": "from assistant.planning.places import country_asked as read",
    "parts": "from assistant.conversation.parts import parts_of as read",
}
UNITS = ("-", ". ", ": ", " ", "and ", "?", "compared with a, effect of a on ", "reduce than ", "in the US ")
HEADS, TAILS = ("aspirin ", "since a ", "does a reduce b "), ("", "\nx")
READ = """
for unit in {units!r}:
    for head in {heads!r}:
        for tail in {tails!r}:
            read((head + unit * {longest})[: {longest} - len(tail)] + tail)
"""


@pytest.mark.parametrize("reader", READERS)
def test_no_question_keeps_a_reader_busy(reader: str) -> None:
    code = READERS[reader] + READ.format(units=UNITS, heads=HEADS, tails=TAILS, longest=LONGEST)
    subprocess.run([sys.executable, "-c", code], check=True, timeout=KILLED_AFTER)
