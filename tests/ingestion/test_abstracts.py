"""Which abstracts of an article become its text, from PubMed XML and from MEDLINE text alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Role
from ingestion.document import Document, TextBuilder
from ingestion.sources.abstracts import PLAIN, Abstract, chosen_text
from ingestion.sources.medline_text import MedlineText
from ingestion.sources.pubmed import PubMedXml

ENGLISH = Abstract([("Salt raises pressure.", "RESULTS", "RESULTS")], licence="(c) 2020 Journal.")
FRENCH = Abstract([("Le sel.", "", "")], language="fr", kind="Publisher", licence="(c) 2020 Revue.")
GERMAN = Abstract([("Salz hebt den Druck.", "ERGEBNISSE", "")], language="de", kind="Publisher")
AGENCY = Abstract([("Salt, by an agency.", "", "")], kind="PIP")
SUMMARY = Abstract([("Eat less salt.", "", "")], kind=PLAIN, licence="(c) 2020 Charity.")
SPANISH_SUMMARY = Abstract([("Menos sal.", "", "")], language="es", kind=PLAIN)
PLACEHOLDER = Abstract([("Abstract available from the publisher.", "", "")], language="fr", kind="Publisher")
EMPTY = Abstract([(" \n", "", "")])

Read = list[tuple[str, tuple[str, ...], Role]]


def read(builder: TextBuilder) -> Read:
    return [(builder.text[part.start : part.end], part.path, part.role) for part in builder.sections]


MAIN = ("Salt raises pressure.", ("RESULTS",), Role.RESULT)
PLAINLY = ("Eat less salt.", ("Plain language summary",), Role.SUMMARY)


@pytest.mark.parametrize(
    ("abstracts", "languages", "language", "expected"),
    [
        ([ENGLISH, FRENCH, AGENCY], ["fr"], "en", [MAIN]),
        ([ENGLISH, FRENCH, SUMMARY], ["en"], "en", [MAIN, PLAINLY]),
        ([ENGLISH, SPANISH_SUMMARY], ["es"], "en", [MAIN]),
        ([EMPTY, AGENCY], ["en"], "en", [("Salt, by an agency.", (), Role.BODY)]),
        ([FRENCH, SUMMARY], ["fr"], "en", [PLAINLY]),
        ([FRENCH, GERMAN], ["de"], "de", [("Salz hebt den Druck.", ("ERGEBNISSE",), Role.BODY)]),
        ([FRENCH, GERMAN], ["sv"], "fr", [("Le sel.", (), Role.BODY)]),
        ([SPANISH_SUMMARY], ["es"], "es", [("Menos sal.", ("Plain language summary",), Role.SUMMARY)]),
        ([EMPTY, PLACEHOLDER], ["fr"], "", []),
        ([], [], "", []),
    ],
)
def test_english_comes_first_and_a_plain_summary_is_a_section_of_its_own(
    abstracts: list[Abstract], languages: list[str], language: str, expected: Read
) -> None:
    text = chosen_text(abstracts, languages)
    assert (text.language, read(text.builder)) == (language, expected)


def test_the_copyright_notice_is_that_of_the_text_which_is_shown() -> None:
    assert chosen_text([ENGLISH, FRENCH, SUMMARY], []).licence == "(c) 2020 Journal."
    assert chosen_text([EMPTY, FRENCH], []).licence == "(c) 2020 Revue."
    assert chosen_text([AGENCY, SUMMARY], []).licence == "(c) 2020 Charity."
    assert chosen_text([EMPTY], []).licence == ""


@given(st.permutations([FRENCH, GERMAN, SUMMARY, AGENCY, PLACEHOLDER, SPANISH_SUMMARY]))
def test_nothing_displaces_the_english_abstract(others: list[Abstract]) -> None:
    assert read(chosen_text([ENGLISH, *others], ["de", "fr"]).builder) == [MAIN, PLAINLY]


# the same article in both formats

XML = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">101</PMID>
<DateRevised><Year>2024</Year><Month>05</Month><Day>01</Day></DateRevised><Article>
<ArticleTitle>[Salt and pressure].</ArticleTitle><Language>ger</Language></Article>{others}</MedlineCitation></PubmedArticle></PubmedArticleSet>"""
TEXT = "PMID- 101\nLR  - 20240501\nTI  - [Salt and pressure].\nLA  - ger\n{others}"
PLAIN_XML = """<OtherAbstract Type="plain-language-summary" Language="eng"><AbstractText>Eat less salt.</AbstractText></OtherAbstract>"""
PLAIN_TEXT = "OAB - plain-language-summary: Eat less salt.\nOABL- eng\n"
FOREIGN_XML = """<OtherAbstract Type="Publisher" Language="fre"><AbstractText>Abstract available from the publisher.</AbstractText></OtherAbstract>
<OtherAbstract Type="Publisher" Language="ger"><AbstractText Label="ERGEBNISSE">Salz hebt den
Druck.</AbstractText><AbstractText Label="SCHLUSSFOLGERUNG">Weniger <i>Salz</i>.</AbstractText></OtherAbstract>"""
FOREIGN_TEXT = (
    "OAB - Publisher: Abstract available from the publisher.\nOABL- fre\n"
    "OAB - Publisher: ERGEBNISSE: Salz hebt den\n      Druck. SCHLUSSFOLGERUNG: Weniger Salz.\nOABL- ger\n"
)


@pytest.mark.parametrize(
    ("xml", "text", "language", "expected"),
    [
        (PLAIN_XML, PLAIN_TEXT, "en", [PLAINLY]),
        (PLAIN_XML.replace(' Language="eng"', ""), PLAIN_TEXT.replace("OABL- eng\n", ""), "en", [PLAINLY]),
        (
            FOREIGN_XML,
            FOREIGN_TEXT,
            "de",
            [
                ("Salz hebt den\nDruck.", ("ERGEBNISSE",), Role.BODY),
                ("Weniger Salz.", ("SCHLUSSFOLGERUNG",), Role.BODY),
            ],
        ),
        (FOREIGN_XML + PLAIN_XML, FOREIGN_TEXT + PLAIN_TEXT, "en", [PLAINLY]),
        ("", "", "de", []),
    ],
)
def test_both_formats_give_the_same_text_and_language(
    tmp_path: Path, xml: str, text: str, language: str, expected: Read
) -> None:
    (tmp_path / "same.xml").write_text(XML.format(others=xml))
    (tmp_path / "same.nbib").write_text(TEXT.format(others=text))
    (from_xml,) = PubMedXml().parse(tmp_path / "same.xml")
    (from_text,) = MedlineText().parse(tmp_path / "same.nbib")
    for found in (from_xml, from_text):
        assert isinstance(found, Document)
        assert found.language == language
        assert found.attributes["languages"] == ["de"]
        assert found.revision == "01 2024-05-01"
        assert [
            (" ".join(found.text[part.start : part.end].split()), part.path, part.role) for part in found.sections
        ] == [(" ".join(words.split()), path, role) for words, path, role in expected]
