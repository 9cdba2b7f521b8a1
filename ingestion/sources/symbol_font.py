"""Characters that Word writes as places in a symbol font: read as they are, "≥ 65" would be " 65".

Table: Adobe Symbol to Unicode, https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt
"""

from __future__ import annotations

UNKNOWN = "\ufffd"
_ROWS = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    0xF1: "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_SYMBOL = {first + place: character for first, row in _ROWS.items() for place, character in enumerate(row)}
# The few of Wingdings that stand for words; its other shapes are bullets and ornaments.
_WINGDINGS = {
    0xFC: "✓",
    0xFB: "✗",
    0xFE: "☑",
    0xFD: "☒",
    0xA8: "☐",
    0x6F: "☐",
    0xE0: "→",
    0xDF: "←",
    0xE1: "↑",
    0xE2: "↓",
    0xF0: "⇨",
}
_PRIVATE = 0xF000  # Word keeps a symbol font's places here, in Unicode's private area


def symbol(code: int, font: str) -> str:
    """The character at a place of a symbol font, as `w:sym` names it; U+FFFD where it is not known."""
    place = code - _PRIVATE if code >= _PRIVATE else code
    return (_WINGDINGS if font.lower().startswith("wingdings") else _SYMBOL).get(place, UNKNOWN)


def spelled(text: str, font: str) -> str:
    """Text in which Word left places of a symbol font: all of it where `font` is Symbol, else those in the private area."""
    if font.lower() == "symbol":
        return "".join(character if character.isspace() else symbol(ord(character), font) for character in text)
    if not any(_PRIVATE <= ord(character) <= _PRIVATE + 0xFF for character in text):
        return text
    return "".join(
        symbol(ord(character), font) if _PRIVATE <= ord(character) <= _PRIVATE + 0xFF else character
        for character in text
    )
