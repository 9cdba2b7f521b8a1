"""Small files in the native format of each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas


def article(pmid: int, abstract: str = "Aspirin prevented strokes in adults.", *mesh: str) -> str:
    """One PubMed record, with those MeSH headings."""
    headings = "".join(f"<MeshHeading><DescriptorName>{name}</DescriptorName></MeshHeading>" for name in mesh)
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article><Journal><JournalIssue><PubDate><Year>2020</Year></PubDate>'
        f"</JournalIssue><Title>Trials</Title></Journal><ArticleTitle>Study {pmid}</ArticleTitle><Abstract><AbstractText>{abstract}</AbstractText>"
        f"</Abstract></Article><MeshHeadingList>{headings}</MeshHeadingList></MedlineCitation></PubmedArticle>"
    )


def pubmed_xml(*records: str) -> str:
    """A PubMed file of those records."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<PubmedArticleSet>\n{"".join(records)}\n</PubmedArticleSet>\n'


def deletion(*pmids: int) -> str:
    """PubMed's word that those articles are withdrawn from it."""
    return f"<DeleteCitation>{''.join(f'<PMID>{pmid}</PMID>' for pmid in pmids)}</DeleteCitation>"


def jats(
    pmcid: int,
    body: str = "<sec><title>Results</title><p>Aspirin prevented strokes.</p></sec>",
    *,
    meta: str = "",
    attributes: str = 'article-type="research-article"',
    abstract: str = "",
    back: str = "",
    title: str = "",
) -> str:
    """One article of PMC in full text."""
    return (
        f'<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML" {attributes}><front><journal-meta>'
        "<journal-title-group><journal-title>Trials</journal-title></journal-title-group></journal-meta><article-meta>"
        f'<article-id pub-id-type="pmc">{pmcid}</article-id><title-group><article-title>{title or f"Study {pmcid}"}</article-title></title-group>'
        f"{meta}{abstract}</article-meta></front><body>{body}</body><back>{back}</back></article>"
    )


def study(nct: str, summary: str = "Does metformin help?") -> str:
    """One study as ClinicalTrials.gov gives it out."""
    modules: Mapping[str, object] = {
        "identificationModule": {"nctId": nct, "briefTitle": f"Trial {nct}"},
        "descriptionModule": {"briefSummary": summary},
    }
    return json.dumps({"protocolSection": modules})


def guideline(title: str, *recommendations: str) -> str:
    """A guideline in Markdown."""
    lines = "\n".join(f"- {text}" for text in recommendations)
    return f"---\ntitle: {title}\npublisher: WHO\nversion: '2024'\n---\n\n# {title}\n\n## Recommendations\n\n{lines}\n"


def pdf_of_lines(path: Path, lines: Sequence[str]) -> Path:
    """A PDF of one page with those lines of text."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(60, 700 - 16 * number, line)
    canvas.save()
    return path
