"""The texts that answer a set's questions, in whichever layout a set has them, and the files by which they go into a library."""

from __future__ import annotations

import json
import lzma
import re
import tarfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from evals.errors import DataError
from evals.jsonl import numbered_records

CORPORA = ("corpus.jsonl", "pubmed_corpus.jsonl.xz", "pubmed_corpus.jsonl")
"""Where the texts of a set may be: beside it, or in the folder above. A set whose questions bring their `contexts` needs none."""
_SECTION = re.compile(r"^(TITLE|ABSTRACT|BODY)(?:\.([^\n:]+))?:+[ \t]*$", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_PAGE_NUMBER = re.compile(r"\d{1,4}(?:\s?/\s?\d{1,4})?")
EDGE = 2  # lines at the head and at the foot of a page that may be running ones
FEWEST_PAGES = 3  # on which a line stands before it is taken for a running header or footer
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST = 2_000_000  # bytes of an article


@dataclass(frozen=True, slots=True)
class Text:
    """An article to be found: `parts` are labels (or none) and texts of its abstract; what its title would give away is left out."""

    pmid: str
    title: str
    parts: tuple[tuple[str, str], ...]

    @property
    def document_id(self) -> str:
        """What the library will call it."""
        return f"pubmed:{self.pmid}"

    @property
    def abstract(self) -> str:
        """Its words."""
        return " ".join(words for _, words in self.parts)

    @property
    def record(self) -> str:
        """PubMed's own XML (DTD 2025), so that it goes in through the door that articles use; without what XML cannot hold."""
        parts = "".join(
            f"<AbstractText{f' Label={quoteattr(label)}' if label else ''}>{escape(words)}</AbstractText>"
            for label, words in self.parts
        )
        return _NOT_XML.sub(
            " ",
            f'<PubmedArticle><MedlineCitation><PMID Version="1">{self.pmid}</PMID><Article><ArticleTitle>{escape(self.title)}</ArticleTitle>'
            f"<Abstract>{parts}</Abstract><Language>eng</Language></Article></MedlineCitation></PubmedArticle>",
        )


@dataclass(frozen=True, slots=True)
class Guideline:
    """A guideline to be found, as Markdown."""

    slug: str
    title: str
    markdown: str

    @property
    def abstract(self) -> str:
        """Its words."""
        return self.markdown

    @property
    def document_id(self) -> str:
        """What the library will call it."""
        return f"guideline:uspstf/{self.slug}@undated"

    @property
    def file(self) -> str:
        """The file by which it goes in."""
        return f"---\ntitle: {json.dumps(self.title)}\npublisher: USPSTF\nslug: {self.slug}\n---\n\n{self.markdown}\n"


AnyText = Text | Guideline


def write_files(texts: Iterable[AnyText], folder: Path) -> list[Path]:
    """The texts as files of the formats in which documents come."""
    files, records = [], []
    for text in texts:
        if isinstance(text, Text):
            records.append(text.record)
            continue
        files.append(folder / f"{text.slug}.md")
        files[-1].write_text(text.file, encoding="utf-8")
    if records:
        files.append(folder / "texts.xml")
        files[-1].write_text(
            f'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>{"".join(records)}</PubmedArticleSet>\n',
            encoding="utf-8",
        )
    return files


def read_corpus(folder: Path, wanted: Collection[str]) -> dict[str, AnyText]:
    """The texts that questions need. The rest of a corpus is left: building an index of all of it would take hours."""
    texts = (_text(record) for _, record in numbered_records(_corpus(folder)))
    return {text.document_id: text for text in texts if text and text.document_id in wanted}


def read_others(data: Path, but: Collection[str], most: int, seed: int) -> dict[str, AnyText]:
    """So many texts of the corpus, drawn by the seed; all where there are fewer. `but`: documents that are none of them. Raises `DataError`."""
    if not most:
        return {}
    import random

    texts = (_text(record) for _, record in numbered_records(_corpus(data if data.is_dir() else data.parent)))
    others = {text.document_id: text for text in texts if text and text.document_id not in but}
    drawn = random.Random(seed).sample(sorted(others), min(most, len(others)))  # noqa: S311
    return {document: others[document] for document in drawn}


def _corpus(folder: Path) -> Path:
    for place in (folder, folder.parent):
        for name in CORPORA:
            if (place / name).is_file():
                return place / name
    raise DataError(f"{folder}: no texts to answer from; put {CORPORA[0]} or {CORPORA[1]} there or in the folder above")


def _text(record: Mapping[str, Any]) -> Text | None:
    pmid = str(record.get("pmid") or record.get("_id") or "").removeprefix("pubmed:")
    abstract = record.get("abstract") or record.get("text")
    if not pmid.isdigit() or not abstract:
        return None
    return Text(pmid, str(record.get("title") or ""), (("", str(abstract)),))


def read_abstracts(archive: Path, pmids: Mapping[str, str]) -> dict[str, AnyText]:
    """The titles and abstracts of the articles in an archive of Evidence Inference. `pmids`: PMC identifier to PMID, of those that are wanted."""
    found: dict[str, AnyText] = {}
    try:
        with tarfile.open(archive, "r:*") as members:
            for member in members:
                pmid = pmids.get(Path(member.name).stem)
                if pmid is None or not member.isfile() or member.size > _LARGEST:
                    continue
                file = members.extractfile(member)
                if file is not None:
                    text = _abstract(pmid, file.read().decode("utf-8", "replace"))
                    found[text.document_id] = text
    except (tarfile.TarError, lzma.LZMAError, OSError) as error:
        raise DataError(f"{archive.name}: cannot be read ({type(error).__name__}); mend or replace the file") from error
    return found


def _abstract(pmid: str, article: str) -> Text:
    """Title and abstract of an article: sections begin with a line such as `ABSTRACT.RESULTS:`. An abstract without sections follows the title."""
    heads = [*_SECTION.finditer(article)]
    ends = [*(head.start() for head in heads[1:]), len(article)]
    title, parts = "", []
    for head, end in zip(heads, ends, strict=True):
        words = article[head.end() : end].strip()
        if head[1] == "TITLE":
            title, _, rest = words.partition("\n")
            parts += [("", " ".join(rest.split()))] if rest.strip() else []
        elif head[1] == "ABSTRACT" and words:
            parts.append((head[2] or "", " ".join(words.split())))
    return Text(pmid, title.strip(), tuple(parts))


def read_guidelines(folder: Path, names: Iterable[str]) -> dict[str, AnyText]:
    """Guidelines kept as trees of sections, `<name>.json` each: their pages in order, each once."""
    found: dict[str, AnyText] = {}
    for name in sorted(set(names)):
        try:
            tree = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            pages = {node["page_index"]: str(node["text"]) for node in _nodes(tree)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{name}.json: cannot be read ({type(error).__name__}); mend or replace the file"
            ) from error
        title = name.replace("_", " ").capitalize()
        text = Guideline(name.replace("_", "-"), title, _joined([pages[number] for number in sorted(pages)]))
        found[text.document_id] = text
    return found


def _joined(pages: Sequence[str]) -> str:
    """The text of printed pages without what stands on most of them or counts them, a sentence that goes on over the page in one piece."""
    read = [[block.strip() for block in _BLANK_LINE.split(page) if block.strip()] for page in pages]
    on = Counter(block for page in read for block in {*page[:EDGE], *page[-EDGE:]})
    running = {block for block, count in on.items() if count >= FEWEST_PAGES and count * 2 > len(pages)}
    blocks: list[str] = []
    for page in read:
        kept = [block for block in page if block not in running and not _PAGE_NUMBER.fullmatch(block)]
        if blocks and kept and kept[0][0].islower() and blocks[-1][-1] not in ".?!:|" and blocks[-1][0] != "#":
            blocks[-1] += f" {kept.pop(0)}"
        blocks += kept
    return "\n\n".join(blocks)


def _nodes(tree: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for node in tree:
        yield node
        yield from _nodes(node.get("nodes", ()))
