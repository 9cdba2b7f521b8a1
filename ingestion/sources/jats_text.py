"""The text of a JATS article as its reader sees it: abstract, sections, tables and figures' captions, without what is not the study's.

Left out: references and their marks, acknowledgements, funding, contributions, competing interests, footnotes, supplementary files and
everything in `<back>` but appendices. A formula set as MathML, TeX or a picture reads `[…]` within a sentence, so that nobody takes the
sentence for whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from indexes.passage import Role
from ingestion.document import TextBuilder
from ingestion.sources.jats_tables import table_lines
from ingestion.sources.markup import Element, children, raised
from ingestion.sources.medline import abstract_role

_DEPTH = 8  # headings in a path, and their length: a hostile file would repeat long ones in every passage
_LONGEST_HEADING = 300
_LONGEST_LABEL = 1000  # characters of an appendix that only names a file
_OMITTED = "[…]"

_MATHS = "{http://www.w3.org/1998/Math/MathML}"
_FLOATS = frozenset(("table-wrap", "fig", "boxed-text"))
_GROUPS = frozenset(("table-wrap-group", "fig-group", "floats-group"))
_SILENT = frozenset((
    "fn", "fn-group", "ref-list", "ref", "ack", "supplementary-material", "media", "graphic", "inline-graphic", "inline-supplementary-material",
    "disp-formula", "disp-formula-group", "tex-math", "object-id", "alt-text", "long-desc", "permissions", "related-article", "related-object",
    "sec-meta", "glossary", "index-term", "notes",
))  # fmt: skip
_LINES = frozenset((
    "p", "list-item", "def-item", "disp-quote", "verse-line", "title", "statement", "speech", "preformat", "attrib",
))  # fmt: skip
_SPACED = frozenset(("break", "label", "term", "def", "hr"))
_SPACE = re.compile(r"[ \t\r\n]+")
_LINE = re.compile(r" *\f[ \f]*")
_MARKS = re.compile(r"[0-9⁰¹²³⁴⁵⁶⁷⁸⁹⁻^\s,;.–—−-]+")
_BETWEEN = " \t\r\n,;.–—−-[]()"
_STUCK = re.compile(r"(?:[^\W_][.,;:]?|[)\]%’”\"])$")
_BRACKETED = re.compile(r"[\[(][^\])]*$")

# A dot or bracket follows a digit. One way to read a number, not one for each place where it could be cut: that would take for ever.
_NUMBERING = re.compile(r"^(?:[0-9]|[ivx]+[.)])(?:[0-9]|(?<=[0-9])[.)])*\s+", re.IGNORECASE)
_ASIDE = re.compile(
    r"^(?:(?:list of )?(?:abbreviations|references|bibliography|endnotes)|acknowledge?ments?"
    r"|authors?['’]?s?['’]? (?:contributions?|information|notes?)"
    r"|(?:declaration of |potential )?(?:competing|conflicts? of|conflicting) interests?(?: statement)?"
    r"|disclosures?|funding(?: sources?)?|sponsors?|funder"
    r"|(?:electronic )?(?:supplementary|supporting) (?:materials?|information|data|files?)|additional (?:files?|information)"
    r"|pre-publication history|availability of (?:data|supporting data).*|data availability.*)\W*$",
    re.IGNORECASE,
)
# Titles of a body's sections, word by word: they say a role only where all their words do, since "Patients with gout" may head anything.
_ROLES = {
    Role.CONCLUSION: {"discussion", "discussions", "conclusion", "conclusions", "concluding", "interpretation", "implications", "limitations"},
    Role.RESULT: {"result", "results", "findings"},
    Role.METHOD: {"method", "methods", "methodology", "procedures", "analysis", "analyses", "design", "subjects", "participants"},
    Role.BACKGROUND: {"background", "introduction", "intro", "objective", "objectives", "aim", "aims", "rationale"},
}  # fmt: skip
_FILLERS = frozenset(
    ("and", "of", "the", "study", "trial", "research", "statistical", "data", "experimental", "remarks", "patients", "material", "materials")
)  # fmt: skip
_OWN_ABSTRACTS = frozenset((None, "", "normal", "structured", "executive-summary"))

Path = tuple[str, ...]


def full_text(article: Element) -> TextBuilder:
    """The sections of an article: its authors' abstract, its body, the tables and figures that stand apart, and its appendices."""
    builder = TextBuilder()
    for abstract in article.iterfind("front/article-meta/abstract"):
        if abstract.get("abstract-type") in _OWN_ABSTRACTS:
            _abstract(builder, abstract)
    for part in (article.find("body"), article.find("floats-group")):
        if part is not None:
            _blocks(builder, part, (), Role.BODY)
    for appendix in article.iterfind("back//app"):
        title = ". ".join(filter(None, (heading(appendix.find(name)).rstrip(".") for name in ("label", "title"))))
        if not _ASIDE.match(title) and not _names_a_file(appendix):
            _blocks(builder, appendix, (title or "Appendix",), Role.BODY)
    return builder


def _names_a_file(appendix: Element) -> bool:
    """Whether an appendix is only the label of a file to download, as most are."""
    files = (next(appendix.iter(name), None) for name in ("media", "supplementary-material"))
    return any(file is not None for file in files) and sum(map(len, appendix.itertext())) < _LONGEST_LABEL


def heading(element: Element | None) -> str:
    """A title on one line, without notes and reference marks, no longer than a title is."""
    text = " ".join(_text(element).split()) if element is not None else ""
    return text if len(text) <= _LONGEST_HEADING else f"{text[: _LONGEST_HEADING - 1]}…"


def _abstract(builder: TextBuilder, abstract: Element) -> None:
    """A labelled part is a section under its label, as in PubMed."""
    for part in abstract:
        if part.tag == "sec":
            label = heading(part.find("title"))
            if _ASIDE.match(label):
                continue
            for paragraph in part:
                if paragraph.tag not in ("title", "label"):
                    builder.add(_text(paragraph), abstract_role(label, ""), (label,) if label else ("Abstract",))
        elif part.tag not in ("title", "label"):
            builder.add(_text(part), Role.BODY, ("Abstract",))


def _blocks(builder: TextBuilder, parent: Element, path: Path, role: Role) -> None:
    for child in parent:
        if child.tag == "sec":
            title = heading(child.find("title"))
            kind = child.get("sec-type") or ""
            if kind == "supplementary-material" or _ASIDE.match(_NUMBERING.sub("", title)):
                continue
            own = _role(_NUMBERING.sub("", title)) or _role(kind)
            _blocks(builder, child, _under(path, title), (own or role) if role is Role.BODY else role)
        elif child.tag in _FLOATS:
            _float(builder, child, path, role)
        elif child.tag in _GROUPS:
            _blocks(builder, child, path, role)
        elif child.tag not in _SILENT and child.tag not in ("title", "label", "caption"):
            builder.add(_text(child), role, path)
            for inset in _insets(child):
                _float(builder, inset, path, role)


def _insets(element: Element) -> Iterator[Element]:
    """The tables, figures and boxes that stand within a paragraph, not those within another of them."""
    for child in element:
        if child.tag in _FLOATS:
            yield child
        elif child.tag not in _SILENT:
            yield from _insets(child)


def _float(builder: TextBuilder, element: Element, path: Path, role: Role) -> None:
    label, caption = heading(element.find("label")).rstrip("."), element.find("caption")
    if element.tag == "boxed-text":
        _blocks(builder, element, _under(path, heading(caption)), role)
    elif element.tag == "fig":
        builder.add(_text(caption) if caption is not None else "", Role.BODY, _under(path, label))
    else:
        path = _under(path, ". ".join(filter(None, (label, heading(caption)))))
        for table in element.iter("table"):
            builder.add("\n".join(table_lines(table, _text)), role, path)
        for foot in element.iterfind("table-wrap-foot"):
            notes = [_text(note) for part in foot for note in (children(part) if part.tag == "fn-group" else (part,))]
            builder.add("\n".join(filter(None, notes)), role, path)


def _under(path: Path, title: str) -> Path:
    return (*path, title) if title and len(path) < _DEPTH else path


def _role(title: str) -> Role | None:
    named = set(re.findall(r"[a-z]+", title.lower()))
    spoken = named - _FILLERS
    known = [role for role, words in _ROLES.items() if spoken & words]
    return known[0] if known and spoken <= set().union(*_ROLES.values()) else None


def _text(element: Element) -> str:
    """What is printed: white space as layout has it, paragraphs and list items on lines of their own."""
    pieces: list[str] = []
    _collect(element, pieces)
    return _LINE.sub("\n", _SPACE.sub(" ", "".join(pieces).replace("\f\f", "\f"))).strip()


def _collect(element: Element, pieces: list[str]) -> None:
    """Append an element's words; a form feed, which XML cannot hold, stands where a new line begins."""
    pieces.append(element.text or "")
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag in _LINES:
            pieces.append("\f")
            _collect(child, pieces)
            pieces.append("\f")
        elif tag == "sup":
            pieces.append(_superscript(child))
        elif tag == "xref" and child.get("ref-type") == "bibr":
            inner: list[str] = []
            _collect(child, inner)
            mark = "".join(inner)
            before = "".join(pieces[-40:])
            stuck = _STUCK.search(before) and not _BRACKETED.search(before)
            above = stuck or next(child.iter("sup"), None) is not None
            pieces.append("" if above and _MARKS.fullmatch(mark) else mark)  # printed above the line, tagged so or not
        elif tag == "inline-formula":
            inner = []
            _collect(child, inner)
            pieces.append("".join(inner) if "".join(inner).strip() else _OMITTED)
        elif tag.startswith(_MATHS):
            pieces.append("" if _within_formula(child) else _OMITTED)
        elif tag in _SPACED:
            pieces.append(" ")
            _collect(child, pieces)
            pieces.append(" ")
        elif tag and tag not in _SILENT and tag not in _FLOATS:
            _collect(child, pieces)
        pieces.append(child.tail or "")


def _within_formula(maths: Element) -> bool:
    return next(maths.iterancestors("inline-formula"), None) is not None


def _superscript(element: Element) -> str:
    """The superscript in characters of its own, without marks of references: numbers there are no part of any figure."""
    inner: list[str] = []
    marks = [mark for mark in element.iter("xref") if mark.get("ref-type") == "bibr"]
    if not marks:
        _collect(element, inner)
        text = "".join(inner)
        return "" if text.strip() in (",", ";") else raised(text)  # between two marks
    inner.append(element.text or "")
    for child in element:
        if child not in marks:
            _collect(child, inner)
        inner.append(child.tail or "")
    return raised("".join(inner).strip(_BETWEEN))
