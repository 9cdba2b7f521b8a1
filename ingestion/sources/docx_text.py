"""A Word paragraph as its reader sees it once all changes are accepted. Format: ECMA-376 part 1, section 17.3.

Insertions are in; deletions, comments, hidden text, field codes and the marks of citations are out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingestion.sources.docx_styles import Styles, child, is_raised, switched, value
from ingestion.sources.markup import Element, children, local_attribute, local_name, raised
from ingestion.sources.symbol_font import UNKNOWN, spelled, symbol

GONE = frozenset(("del", "moveFrom"))
"""Elements around what a tracked change took away."""
_PASSED_OVER = GONE | {
    "pPr",
    "rPr",
    "sdtPr",
    "sdtEndPr",
    "instrText",
    "delText",
    "rt",
    "commentReference",
    "annotationRef",
}
_CITATION = re.compile(
    r"\s*(?:CITATION\b|ADDIN (?:ZOTERO_ITEM|EN\.CITE|CSL_CITATION|Mendeley|PAPERS2_CITATION))", re.IGNORECASE
)
_MOST_OPEN = 20  # fields in each other, and pieces of a field's code that are looked at
_FORMULA = "[…]"
_PLAIN_FORMULA = frozenset(
    ("oMath", "r", "t", "rPr", "ctrlPr", "sty", "rFonts", "i", "b", "sz", "szCs", "lang", "color", "nor", "iCs", "bCs")
)
_SPACES = frozenset(("tab", "br", "cr", "ptab"))


@dataclass(slots=True)
class Words:
    """What a paragraph says: its text (white space as written), whether all of it is bold, its footnotes by identifier, its text boxes."""

    text: str = ""
    bold: bool = False
    notes: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    raised: bool = False


def read_words(paragraph: Element, styles: Styles, style: str) -> Words:
    """The paragraph's words; `style` is the identifier of its style."""
    reading = _Reading(styles, styles[style].hidden or False, styles[style].bold or False)
    reading.walk(paragraph)
    return Words(reading.joined(), reading.bold and not reading.thin, reading.notes, reading.boxes)


def alternatives(element: Element) -> Element | None:
    """The one of several ways to draw a thing that counts: the first that has content."""
    return next((choice for choice in element if local_name(choice) in ("Choice", "Fallback") and len(choice)), None)


class _Reading:
    """One walk through a paragraph. Recursion goes as deep as the XML, and lxml refuses what is nested more than 256 deep."""

    def __init__(self, styles: Styles, hidden: bool, bold: bool) -> None:
        self._styles = styles
        self._hidden = hidden
        self._bold = bold
        self._pieces: list[_Piece] = []
        self._fields: list[list[str]] = []  # of each open field, its code as far as it was read
        self.bold = self.thin = False
        self.notes: list[str] = []
        self.boxes: list[Element] = []

    def walk(self, element: Iterable[Element]) -> None:
        for inner in element:
            match local_name(inner):
                case "r":
                    self._run(inner)
                case "oMath":
                    self._formula(inner)
                case "AlternateContent":
                    self.walk(children(alternatives(inner)))
                case "fldSimple":
                    self._fields.append([local_attribute(inner, "instr")])
                    self.walk(inner)
                    self._fields.pop()
                case "sdt":
                    if (
                        child(inner, "sdtPr", "showingPlcHdr") is None
                        and (content := child(inner, "sdtContent")) is not None
                    ):
                        self.walk(content)
                case name if name and name not in _PASSED_OVER:
                    self.walk(inner)
                case _:
                    pass

    def joined(self) -> str:
        """The text, neighbouring superscripts raised together."""
        text = ""
        above = ""
        for piece in (*self._pieces, _Piece("")):
            if piece.raised:
                above += piece.text
                continue
            text += (raised(above) if above else "") + piece.text
            above = ""
        return text

    def _run(self, run: Element) -> None:
        properties = child(run, "rPr")
        style = self._styles[value(child(properties, "rStyle"))]
        if _first(switched(properties, "vanish"), style.hidden, self._hidden):
            return
        above = bool(_first(is_raised(properties), style.raised))
        fonts = child(properties, "rFonts")
        font = local_attribute(fonts, "ascii") if fonts is not None else ""
        before = len(self._pieces)
        for inner in run:
            self._content(inner, font, above)
        if any(piece.text.strip() for piece in self._pieces[before:]):
            bold = bool(_first(switched(properties, "b"), style.bold, self._bold))
            self.bold, self.thin = self.bold or bold, self.thin or not bold

    def _content(self, inner: Element, font: str, above: bool) -> None:
        name = local_name(inner)
        match name:
            case "t":
                if not (above and any(_CITATION.match("".join(code)) for code in self._fields)):
                    self._pieces.append(_Piece(spelled(inner.text or "", font), above))
            case "sym":
                code = local_attribute(inner, "char")
                known = re.fullmatch(r"[0-9A-Fa-f]{1,4}", code)
                self._pieces.append(
                    _Piece(symbol(int(code, 16), local_attribute(inner, "font")) if known else UNKNOWN, above)
                )
            case "noBreakHyphen":
                self._pieces.append(_Piece("-", above))
            case "fldChar":
                self._field(local_attribute(inner, "fldCharType"))
            case "instrText":
                if self._fields and len(self._fields[-1]) < _MOST_OPEN:
                    self._fields[-1].append(inner.text or "")
            case "footnoteReference":
                self.notes.append(local_attribute(inner, "id"))
            case "drawing" | "pict" | "object":
                self.boxes.extend(_text_boxes(inner))
            case "AlternateContent":
                for part in children(alternatives(inner)):
                    self._content(part, font, above)
            case "ruby":
                if (base := child(inner, "rubyBase")) is not None:
                    self.walk(base)
            case _ if name in _SPACES:
                self._pieces.append(_Piece(" "))
            case _:
                pass

    def _field(self, kind: str) -> None:
        if kind == "begin" and len(self._fields) < _MOST_OPEN:
            self._fields.append([])
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _formula(self, formula: Element) -> None:
        """A formula that is but a line of characters as such, any other as […]: flattened, a fraction would read as a product."""
        plain = all(local_name(part) in _PLAIN_FORMULA for part in formula.iter())
        words = "".join(part.text or "" for part in formula.iter() if local_name(part) == "t")
        self._pieces.append(_Piece(words if plain else _FORMULA))


def _text_boxes(element: Iterable[Element]) -> Iterator[Element]:
    """The contents of the text boxes in a drawing, each once although it is drawn in two ways."""
    for inner in element:
        match local_name(inner):
            case "txbxContent":
                yield inner
            case "AlternateContent":
                yield from _text_boxes(children(alternatives(inner)))
            case _:
                yield from _text_boxes(inner)


def _first(*said: bool | None) -> bool | None:
    """The first that is not unsaid."""
    return next((one for one in said if one is not None), None)
