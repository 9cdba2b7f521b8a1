"""What a Word document's styles say of a paragraph or a run. Format: ECMA-376 part 1, section 17.7."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.sources.markup import Element, local_attribute, local_name

_HEADING = re.compile(r"heading ([1-9])")  # the same in Word of every language; only the identifiers are translated
_LONGEST_CHAIN = 20
_OFF = frozenset(("0", "false", "off"))


@dataclass(frozen=True, slots=True)
class Style:
    """`name` in lower case; `level`: of the heading, 1 the highest; `depth`: of the list item, 0 the outermost; `None` is unsaid."""

    name: str = ""
    level: int | None = None
    depth: int | None = None
    hidden: bool | None = None
    raised: bool | None = None
    bold: bool | None = None


def child(element: Element | None, *names: str) -> Element | None:
    """The element below by these local names, the first of each."""
    for name in names:
        if element is None:
            return None
        element = next((inner for inner in element if local_name(inner) == name), None)
    return element


def value(element: Element | None) -> str:
    """The element's `val`; empty where there is no element."""
    return "" if element is None else local_attribute(element, "val")


def switched(properties: Element | None, name: str) -> bool | None:
    """A property that is on, off or unsaid."""
    element = child(properties, name)
    return None if element is None else value(element).lower() not in _OFF


def is_raised(properties: Element | None) -> bool | None:
    """Whether a run's properties make it superscript."""
    element = child(properties, "vertAlign")
    return None if element is None else value(element) == "superscript"


def outline_level(properties: Element | None) -> int | None:
    """The heading level that a paragraph's properties name; 0 where they say that it is none."""
    written = value(child(properties, "outlineLvl"))
    if not written.isdecimal():
        return None
    return int(written) + 1 if int(written) < 9 else 0


def list_depth(properties: Element | None) -> int | None:
    """How deep in a list a paragraph's properties put it, 0 the outermost; -1 where they say that it is in none."""
    numbering = child(properties, "numPr")
    if numbering is None:
        return None
    if value(child(numbering, "numId")) == "0":
        return -1
    depth = value(child(numbering, "ilvl"))
    return min(int(depth), 8) if depth.isdecimal() else 0


class Styles:
    """The styles by identifier, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        self._written: dict[str, Element] = {}
        self._known: dict[str, Style] = {}
        self.default = ""
        for element in root if root is not None else ():
            if local_name(element) == "style":
                identifier = local_attribute(element, "styleId")
                self._written.setdefault(identifier, element)
                if local_attribute(element, "type") == "paragraph" and local_attribute(element, "default") not in (
                    "",
                    *_OFF,
                ):
                    self.default = identifier

    def __getitem__(self, identifier: str) -> Style:
        """The style, an empty one where there is none of that identifier."""
        if identifier not in self._known:
            chain: list[Element] = []
            at = identifier
            while len(chain) < _LONGEST_CHAIN and (element := self._written.get(at)) is not None:
                chain.append(element)
                at = value(child(element, "basedOn"))
            found = Style()
            for element in reversed(chain):
                found = _over(found, _own(element))
            self._known[identifier] = found
        return self._known[identifier]


def _own(element: Element) -> Style:
    name = " ".join(value(child(element, "name")).lower().split())
    paragraph, run = child(element, "pPr"), child(element, "rPr")
    level = outline_level(paragraph)
    if level is None and (heading := _HEADING.fullmatch(name)):
        level = int(heading[1])
    return Style(name, level, list_depth(paragraph), switched(run, "vanish"), is_raised(run), switched(run, "b"))


def _over(base: Style, own: Style) -> Style:
    """The base style with what its heir says itself."""
    said: Mapping[str, object] = {field: getattr(own, field) for field in Style.__slots__}
    return Style(**{field: getattr(base, field) if said[field] is None else said[field] for field in Style.__slots__})  # type: ignore[arg-type]
