"""XML elements as their reader sees them, and the parser that lets no element reach beyond its own bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from ingestion.document import Problem
from ingestion.sources.records import XmlRecord, xml_records

Element = etree._Element

# The doctype or, without one, the first element.
_FIRST_TAG = re.compile(rb"<!DOCTYPE\s+([\w:.-]+)|<([A-Za-z][\w:.-]*)")
_PROLOG = re.compile(rb"<\?.*?\?>|<!--.*?-->", re.DOTALL)
_SUPERSCRIPTS = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_LAYOUT = re.compile(r"(?<!\s)\s*\n\s*")  # from the first space on: each to be tried as the first would take for ever


def without_prolog(head: bytes) -> bytes:
    """A file's beginning from its doctype or first element on, were it XML or HTML. UTF-16 reads as ASCII without its zeros."""
    return _PROLOG.sub(b"", head.replace(b"\0", b"")).lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")


def document_element(head: bytes) -> str:
    """The name of the document element, read off a file's beginning; empty where that is no XML."""
    first = _FIRST_TAG.search(without_prolog(head))
    return (first[1] or first[2]).decode(errors="replace") if first else ""


def safe_parser() -> etree.XMLParser:
    """A parser that loads no DTD, resolves no entity but XML's own five, and opens no address."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


@dataclass(frozen=True, slots=True)
class Naming:
    """How a source names a record that cannot be parsed: the identifier's pattern in the raw bytes, its prefix, and the mend."""

    pattern: re.Pattern[bytes]
    prefix: str
    mend: str

    def malformed(self, record: XmlRecord, reason: str) -> Problem:
        """The problem with a record, named by its identifier where that can be found, else by its place."""
        found = self.pattern.search(record.xml)
        name = f"{self.prefix}{found[1].decode()}" if found else f"record {record.ordinal}"
        return Problem(name, f"malformed XML: {reason}", self.mend)


def elements(
    path: Path, root: str, tags: tuple[str, ...], naming: Naming
) -> Iterator[tuple[XmlRecord, Element] | Problem]:
    """Each record of a file, parsed by itself, or the problem with it; raises what `xml_records` raises."""
    parser = safe_parser()
    for record in xml_records(path, root, tags):
        if record.fault:
            yield naming.malformed(record, record.fault)
            continue
        try:
            yield record, etree.fromstring(record.xml, parser)
        except etree.XMLSyntaxError as error:
            yield naming.malformed(record, error.msg or "not well-formed")


def local_name(element: Element) -> str:
    """The element's name without its namespace; empty for what is no element, such as an unresolved entity."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def local_attribute(element: Element, name: str) -> str:
    """The attribute of that name whatever its namespace; empty where there is none."""
    return next((str(value) for key, value in element.items() if str(key).rpartition("}")[2] == name), "")


def children(element: Element | None) -> Element | tuple[()]:
    """The element's children; none where there is no element."""
    return () if element is None else element


def named(element: Element | None) -> dict[str, Element]:
    """The first child of each name; none where there is no element. One walk, where each `find` would be one of its own."""
    return {} if element is None else {child.tag: child for child in element.iterchildren(reversed=True)}


def words(element: Element | None) -> str:
    """The words of an element without its markup, exactly; in mixed content line breaks are layout and read as a space."""
    if element is None:
        return ""
    if not len(element):
        return element.text or ""
    text = "".join(_flattened(element))
    return _LAYOUT.sub(" ", text) if "\n" in text else text


def squeezed(element: Element | None) -> str:
    """The words of a title or a name, white space collapsed: these are never quoted."""
    return " ".join(words(element).split())


def raised(text: str) -> str:
    """Superscripts in characters of their own, since `10<sup>9</sup>` read as 109 is a wrong figure; `^` where Unicode lacks one."""
    if not any(character.isdigit() for character in text):
        return text  # a footnote's letter misleads nobody
    above = text.translate(_SUPERSCRIPTS)
    return above if _RAISED.fullmatch(above) else f"^{text}"


def _flattened(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):  # a comment's or an instruction's text is not the reader's
            text = "".join(_flattened(child))
            yield raised(text) if child.tag == "sup" else text
        yield child.tail or ""
