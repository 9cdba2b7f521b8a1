"""The words of `mutations.txt`: what is put in the place of what."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


def pairs(section: str) -> list[tuple[str, str]]:
    """The pairs of a section."""
    return [(one.strip(), other.strip()) for one, _, other in (line.partition("|") for line in lines(section))]


@lru_cache(maxsize=16)
def lines(section: str) -> tuple[str, ...]:
    """The lines of a section that are not empty."""
    text = files("evals").joinpath("mutations.txt").read_text(encoding="utf-8")
    body = text.partition(f"[{section}]\n")[2].partition("\n[")[0]
    return tuple(line for line in body.splitlines() if line.strip())
