"""What XML sources have in common: which document it is, and a parser that fetches and expands nothing."""

from __future__ import annotations

import re

from lxml import etree

# The doctype or, without one, the first element.
_FIRST_TAG = re.compile(rb"<!DOCTYPE\s+([\w:.-]+)|<([A-Za-z][\w:.-]*)")
_PROLOG = re.compile(rb"<\?.*?\?>|<!--.*?-->", re.DOTALL)


def document_element(head: bytes) -> str:
    """The name of the element that a file is, judged by its first bytes in any encoding; empty where there is none."""
    text = _PROLOG.sub(b"", head.replace(b"\0", b""))  # UTF-16 reads as ASCII without its zeros
    first = _FIRST_TAG.search(text)
    return (first[1] or first[2]).decode(errors="replace") if first else ""


def hardened_parser() -> etree.XMLParser:
    """A parser for one record: no entities, no network, no DTD, libxml2's own limits; comments and instructions are dropped."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
