"""Small documents in their native formats, for libraries of a few."""

from __future__ import annotations

from collections.abc import Mapping


def article(pmid: int, title: str, *, retracted: bool = False, **sections: str) -> str:
    """A PubMed record; `sections` are labels and texts of its abstract, such as `conclusions="…"`."""
    texts = "".join(
        f'<AbstractText Label="{label.upper()}" NlmCategory="{label.upper()}">{text}</AbstractText>'
        for label, text in sections.items()
    )
    types = ["Journal Article", "Randomized Controlled Trial", *(["Retracted Publication"] if retracted else [])]
    return (
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{pmid}</PMID><Article>'
        "<Journal><JournalIssue><PubDate><Year>2019</Year></PubDate></JournalIssue><Title>Trials</Title></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle><Abstract>{texts}</Abstract><Language>eng</Language><PublicationTypeList>"
        f"{''.join(f'<PublicationType>{name}</PublicationType>' for name in types)}"
        "</PublicationTypeList></Article></MedlineCitation></PubmedArticle>"
    )


def pubmed(*articles: str) -> str:
    """A PubMed file."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>{"".join(articles)}</PubmedArticleSet>\n'


def guideline(title: str, *recommendations: str, **front: str) -> str:
    """A guideline in Markdown; `front` goes to its front matter."""
    matter: Mapping[str, str] = {"title": title, "publisher": "WHO", "version": "2021"} | front
    lines = "\n".join(f'{name}: "{value}"' for name, value in matter.items())
    items = "\n".join(f"- {text}" for text in recommendations)
    return f"---\n{lines}\n---\n\n# {title}\n\n## Recommendations\n\n{items}\n"
