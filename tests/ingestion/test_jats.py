"""PMC full text: what a reader of the article sees is kept, what is not the study's is left out, what cannot be read is named."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from native import jats

from indexes.passage import Role, Status
from ingestion.chunking import passages_of
from ingestion.document import Deletion, Document, Item, Problem
from ingestion.errors import SourceError
from ingestion.sources import find_parser
from ingestion.sources.jats import PmcJats

PARSER = PmcJats()
DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving DTD v1.0 20120330//EN" "JATS-archivearticle1.dtd">'


def parse(folder: Path, xml: str) -> list[Item]:
    path = folder / "article.nxml"
    path.write_text(xml, encoding="utf-8")
    return list(PARSER.parse(path))


def document(folder: Path, xml: str) -> Document:
    (found,) = parse(folder, xml)
    assert isinstance(found, Document)
    return found


def paragraph(folder: Path, markup: str) -> str:
    return document(folder, jats(1, f"<p>{markup}</p>")).text


def sections(found: Document) -> list[tuple[tuple[str, ...], Role, str]]:
    return [(part.path, part.role, found.text[part.start : part.end]) for part in found.sections]


def test_an_article_becomes_a_document(tmp_path: Path) -> None:
    meta = """<article-id pub-id-type="pmid">77</article-id><article-id pub-id-type="doi">10.1/x</article-id>
      <contrib-group><contrib contrib-type="author"><name><surname>Cock</surname><given-names>Peter J.</given-names></name></contrib>
      <contrib contrib-type="editor"><name><surname>Nobody</surname></name></contrib>
      <contrib><collab>The SALT Group</collab></contrib></contrib-group>
      <pub-date pub-type="pmc-release"><year>2024</year></pub-date><pub-date pub-type="epub"><day>5</day><month>9</month><year>2019</year></pub-date>
      <permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Open.</license-p></license></permissions>"""
    found = document(tmp_path, DOCTYPE + jats(12, meta=meta, title="Salt: a <i>randomised</i> controlled trial"))
    assert found.document_id == "pmc:PMC12"
    assert found.url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC12/"
    assert found.identifiers == {"pmcid": "PMC12", "pmid": "77", "doi": "10.1/x"}
    assert (found.title, found.publisher) == ("Salt: a randomised controlled trial", "Trials")
    assert found.authors == ("Cock PJ", "The SALT Group")
    assert (found.year, found.date) == (2019, "2019-09-05")
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert (found.publication_types, found.evidence_level, found.status) == (("Journal Article",), "2", Status.CURRENT)


def test_sections_have_their_headings_and_roles(tmp_path: Path) -> None:
    abstract = """<abstract><sec><title>Background</title><p>Old.</p></sec><sec><title>Conclusions</title><p>Eat less.</p></sec></abstract>
      <abstract abstract-type="toc"><p>An editor's teaser.</p></abstract>"""
    body = """<sec><title>1. Introduction</title><p>Salt.</p></sec>
      <sec><title>2. Patients and Methods</title><sec><title>Findings of others</title><p>We looked.</p></sec></sec>
      <sec sec-type="results"><title>What came out</title><p>Less.</p></sec>
      <sec><title>Patients with gout</title><p>Care.</p></sec><sec><title>Results and discussion</title><p>So.</p></sec>"""
    assert sections(document(tmp_path, jats(1, body, abstract=abstract))) == [
        (("Background",), Role.BACKGROUND, "Old."),
        (("Conclusions",), Role.CONCLUSION, "Eat less."),
        (("1. Introduction",), Role.BACKGROUND, "Salt."),
        (("2. Patients and Methods", "Findings of others"), Role.METHOD, "We looked."),
        (("What came out",), Role.RESULT, "Less."),
        (("Patients with gout",), Role.BODY, "Care."),
        (("Results and discussion",), Role.CONCLUSION, "So."),
    ]


def test_tables_are_rows_under_their_caption_and_figures_give_theirs(tmp_path: Path) -> None:
    body = """<sec><title>Results</title><p>Before<table-wrap><label>Table 1</label><caption><p>Deaths</p></caption>
      <table><tr><th>Arm</th><th>n<break/>(%)</th></tr><tr><td>Salt</td><td>5<sup>a</sup></td></tr><tr><td/><td>6</td></tr></table>
      <table-wrap-foot><fn><p><sup>a</sup>One unsure.</p></fn></table-wrap-foot></table-wrap> and after.</p>
      <fig><label>Figure 2.</label><caption><title>Flow.</title><p>Of patients.</p></caption><graphic/></fig></sec>"""
    assert sections(document(tmp_path, jats(1, body))) == [
        (("Results",), Role.RESULT, "Before and after."),
        (("Results", "Table 1. Deaths"), Role.RESULT, "Arm | n (%)\nSalt | 5a\n | 6"),
        (("Results", "Table 1. Deaths"), Role.RESULT, "aOne unsure."),
        (("Results", "Figure 2"), Role.BODY, "Flow.\nOf patients."),
    ]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ("<tr><th rowspan='2'>Arm</th><th colspan='2'>Deaths</th><th rowspan='2'>P</th></tr><tr><th>n</th><th>%</th></tr>",
         "Arm | Deaths |  | P\nArm | n | % | P"),
        ("<tr><td rowspan='3'>Salt</td><td>5</td></tr><tr><td>6</td></tr><tr><td>7</td></tr>", "Salt | 5\nSalt | 6\nSalt | 7"),
        ("<tr><td colspan='4'>Adults</td></tr><tr><td>a</td><td/><td>2</td><td/></tr>", "Adults\na |  | 2"),
        ("<thead><tr><th rowspan='9'>Arm</th><th>n</th></tr></thead><tbody><tr><td>Salt</td><td>5</td></tr></tbody>", "Arm | n\nSalt | 5"),
        ("<tr><td>a</td><td rowspan='2' colspan='2'>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr>", "a | b |  | c\nd | b |  | e"),
        ("<tr><td>a</td><td>b</td><td rowspan='2'>c</td></tr><tr><td>d</td></tr><tr><td>e</td><td>f</td></tr>", "a | b | c\nd |  | c\ne | f"),
        ("<tr><td rowspan='0' colspan='x'>a</td><td rowspan='-1'>b</td></tr><tr><td>c</td></tr>", "a | b\nc"),
    ],
)  # fmt: skip
def test_no_figure_moves_under_another_heading_whatever_the_cells_span(tmp_path: Path, rows: str, lines: str) -> None:
    body = f"<sec><table-wrap><table>{rows}</table></table-wrap></sec>"
    assert document(tmp_path, jats(1, body)).text == lines


def test_spans_cannot_make_a_table_grow_without_end(tmp_path: Path) -> None:
    cells = "".join(f"<td rowspan='60000' colspan='99999'>{'long ' * 20}{number}</td>" for number in range(200))
    body = f"<sec><table-wrap><table><tr>{cells}</tr>{'<tr/>' * 20_000}</table></table-wrap></sec>"
    assert len(document(tmp_path, jats(1, body)).text) < 6 * len(cells)


def test_appendices_are_read_and_labels_of_files_are_not(tmp_path: Path) -> None:
    back = """<app-group><app><label>Appendix A.</label><title>Doses</title><p>Half at night.</p>
      <sec><title>Methods</title><p>Weighed.</p></sec></app>
      <app><p>The members.</p></app>
      <app><title>Multimedia Appendix 1</title><p>CONSORT checklist.</p><fig><media/></fig></app>
      <app><title>Supplementary Materials</title><p>Online.</p></app></app-group>"""
    assert sections(document(tmp_path, jats(1, "<p>Salt.</p>", back=back))) == [
        ((), Role.BODY, "Salt."),
        (("Appendix A. Doses",), Role.BODY, "Half at night."),
        (("Appendix A. Doses", "Methods"), Role.METHOD, "Weighed."),
        (("Appendix",), Role.BODY, "The members."),
    ]


def harvested(*records: str) -> str:
    """An answer of PMC's OAI-PMH service."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-23T00:00:00Z</responseDate>'
        f'<request verb="ListRecords" metadataPrefix="pmc">https://pmc.example/oai</request><ListRecords>{"".join(records)}'
        "<resumptionToken/></ListRecords></OAI-PMH>"
    )


def oai_record(number: int, metadata: str, status: str = "") -> str:
    header = f"<header{status}><identifier>oai:pubmedcentral.nih.gov:{number}</identifier><datestamp>2026-11-01</datestamp></header>"
    return f"<record>{header}{metadata}</record>"


def test_an_answer_of_oai_pmh_is_read_record_by_record(tmp_path: Path) -> None:
    def article(number: int) -> str:
        attributes = 'xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" article-type="research-article"'
        return f"<metadata>{jats(number, attributes=attributes)}</metadata>"

    path = tmp_path / "oai.xml"
    path.write_text(
        harvested(
            oai_record(1, article(1)),
            oai_record(2, "", ' status="deleted"'),
            oai_record(3, article(3).replace("</title>", "")),
            oai_record(4, "<metadata><dc><title>Salt</title></dc></metadata>"),
            oai_record(5, article(5)),
            oai_record(6, ""),
        )
    )
    assert find_parser(path).name == PARSER.name
    items = list(PARSER.parse(path))
    assert [getattr(item, "document_id", "") or item.record for item in items] == [  # type: ignore[union-attr]
        "pmc:PMC1", "pmc:PMC2", "pmc:PMC3", "4", "pmc:PMC5", "6",
    ]  # fmt: skip
    assert [type(item) for item in items] == [Document, Deletion, Problem, Problem, Document, Problem]
    alone = document(tmp_path, jats(1))
    assert isinstance(items[0], Document)
    assert (items[0].text, items[0].title, items[0].sections) == (alone.text, alone.title, alone.sections)


def test_an_error_of_oai_pmh_is_told(tmp_path: Path) -> None:
    path = tmp_path / "oai.xml"
    path.write_text(harvested('<error code="noRecordsMatch">Nothing on that day.</error>'))
    (problem,) = PARSER.parse(path)
    assert isinstance(problem, Problem)
    assert "noRecordsMatch Nothing on that day." in problem.reason


def test_other_archives_answers_of_oai_pmh_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "oai.xml"
    path.write_text(harvested().replace('"pmc"', '"oai_dc"'))
    assert not PARSER.recognises(path, path.read_bytes())


BIBR = '<xref ref-type="bibr" rid="B1">'


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>9</sup>/L and Na<sup>+</sup>", "10⁹/L and Na+"),
        (f"Fell by 5<sup>{BIBR}12</xref>,{BIBR}13</xref></sup>.", "Fell by 5."),
        (f"Fell by 5{BIBR}<sup>12</sup></xref>.", "Fell by 5."),
        (f"Fell by 5{BIBR}12</xref>.", "Fell by 5."),
        (f"5 kg/m<sup>2,{BIBR}12</xref></sup> fell.", "5 kg/m² fell."),
        (f"Known [{BIBR}1</xref>,{BIBR}2</xref>] ({BIBR}Cock, 2009</xref>).", "Known [1,2] (Cock, 2009)."),
        ("is <inline-formula><mml:math><mml:mi>x</mml:mi></mml:math></inline-formula> mg", "is […] mg"),
        ("is <inline-formula>5<italic>x</italic></inline-formula> mg", "is 5x mg"),
        ("is<disp-formula><mml:math><mml:mi>x</mml:mi></mml:math></disp-formula> so", "is so"),
        ("One\n   line<fn><p>Note.</p></fn>", "One line"),
        ("Do:<list><list-item><p>this;</p></list-item><list-item><p>that.</p></list-item></list>", "Do:\nthis;\nthat."),
    ],
)  # fmt: skip
def test_figures_stay_true_and_marks_of_references_go(tmp_path: Path, markup: str, text: str) -> None:
    assert paragraph(tmp_path, markup) == text


@pytest.mark.parametrize(
    "title",
    ["Competing interests", "Authors’ contributions", "Authors' contributions", "Acknowledgements", "Funding", "Conflict of interest statement",
     "6. Acknowledgments", "Supporting Information", "References"],
)  # fmt: skip
def test_what_is_not_the_study_is_left_out(tmp_path: Path, title: str) -> None:
    aside = f"<sec><title>{title}</title><p>Aside.</p></sec>"
    back = f"<ack><p>Thanks.</p></ack><ref-list><ref><mixed-citation>A book.</mixed-citation></ref></ref-list>{aside}"
    assert (
        document(tmp_path, jats(1, f"<sec><title>Results</title><p>Kept.</p></sec>{aside}", back=back)).text == "Kept."
    )


def linked(kind: str) -> str:
    return f'<related-article related-article-type="{kind}" xlink:href="10.1/x"/>'


@pytest.mark.parametrize(
    ("article_type", "meta", "title", "status"),
    [
        ("research-article", linked("retraction-forward") + linked("correction-forward"), "", Status.RETRACTED),
        ("research-article", linked("retracted-article"), "", Status.RETRACTED),
        ("retracted-article", "", "", Status.RETRACTED),
        ("research-article", "", "RETRACTED ARTICLE: Salt", Status.RETRACTED),
        ("research-article", "", "[Retracted] Salt", Status.RETRACTED),
        ("research-article", "", "Retracted studies: a survey", Status.CURRENT),
        ("research-article", linked("correction-forward"), "", Status.CORRECTED),
        ("research-article", linked("companion"), "", Status.CURRENT),
        ("retraction", linked("retracted-article"), "Retraction: Salt", Status.CURRENT),
        ("correction", linked("corrected-article"), "", Status.CURRENT),
        ("letter", linked("retracted-article"), "", Status.CURRENT),
    ],
)
def test_retracted_and_corrected_articles_are_marked_and_their_notices_are_not(
    tmp_path: Path, article_type: str, meta: str, title: str, status: Status
) -> None:
    xml = jats(1, meta=meta, title=title, attributes=f'article-type="{article_type}"')
    assert document(tmp_path, xml).status == status


@pytest.mark.parametrize(("article_type", "named"), [("preprint", "Preprint"), ("abstract", "Meeting Abstract")])
def test_what_is_not_reviewed_or_not_whole_keeps_its_type(tmp_path: Path, article_type: str, named: str) -> None:
    found = document(tmp_path, jats(1, title="Salt", attributes=f'article-type="{article_type}"'))
    assert found.publication_types == (named,)


def test_a_notice_is_no_evidence_from_a_study(tmp_path: Path) -> None:
    found = document(tmp_path, jats(1, title="Salt: a randomised trial", attributes='article-type="retraction"'))
    assert (found.publication_types, found.evidence_level) == (("Retraction of Publication",), "5")


def test_one_bad_article_of_a_set_is_named_and_the_rest_goes_in(tmp_path: Path) -> None:
    broken = jats(2).replace("</title>", "")
    nameless = jats(3).replace('pub-id-type="pmc"', 'pub-id-type="doi"')
    reply = '<Reply Id="4" error="The following PMCID is not available: 4"/>'
    items = parse(tmp_path, f"<pmc-articleset>{jats(1)}{broken}{nameless}{reply}{jats(5)}</pmc-articleset>")
    named = [item.document_id if isinstance(item, Document) else item.record for item in items]
    assert named == ["pmc:PMC1", "pmc:PMC2", "record 3", "record 4", "pmc:PMC5"]
    reasons = [item.reason for item in items if isinstance(item, Problem)]
    assert [word in reason for word, reason in zip(("malformed", "PMC id", "not available"), reasons, strict=True)] == [
        True
    ] * 3


def test_entities_and_files_of_others_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("swordfish")
    bomb = '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
    doctype = f'<!DOCTYPE article SYSTEM "article-type" [{bomb}<!ENTITY x SYSTEM "{tmp_path / "secret.txt"}">]>'
    for entity in ("&x;", "&b;"):
        (problem,) = parse(tmp_path, doctype + jats(1, f"<p>{entity}</p>"))
        assert isinstance(problem, Problem)
        assert problem.record == "pmc:PMC1"
    assert paragraph(tmp_path, "5 &lt; 6 &amp; 7") == "5 < 6 & 7"


def test_deep_nesting_and_endless_headings_are_bounded(tmp_path: Path) -> None:
    def nested(levels: int) -> str:
        return jats(1, f"<sec><title>{'T' * 1000}</title>" * levels + "<p>Deep.</p>" + "</sec>" * levels)

    (section,) = document(tmp_path, nested(100)).sections
    assert len(section.path) <= 8
    assert max(map(len, section.path)) <= 300
    (refused,) = parse(tmp_path, nested(5000))
    assert isinstance(refused, Problem)


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"truncated.*download"):
        parse(tmp_path, jats(1)[:-20])


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
INLINE = st.one_of(
    TEXT.map(escape),
    st.tuples(st.sampled_from(("sup", "sub", "italic", "fn", "list-item", "p")), TEXT).map(lambda t: f"<{t[0]}>{escape(t[1])}</{t[0]}>"),
    TEXT.map(lambda text: f"{BIBR}{escape(text)}</xref>"),
)  # fmt: skip
BLOCK = st.lists(INLINE, max_size=4).map(lambda parts: f"<p>{''.join(parts)}</p>")
SECTION = st.tuples(TEXT, st.lists(BLOCK, max_size=3)).map(
    lambda t: f"<sec><title>{escape(t[0])}</title>{''.join(t[1])}</sec>"
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SECTION, max_size=4))
def test_offsets_hold_for_whatever_is_printed(tmp_path: Path, body: list[str]) -> None:
    found = document(tmp_path, jats(1, "".join(body)))
    ends = [0]
    for section in found.sections:
        assert section.start >= ends[-1]
        assert found.text[section.start : section.end].strip()
        ends.append(section.end)
    assert all(found.text[p.start : p.end] == p.text for p in passages_of(found))


KNOWN = {
    "PMC1831737": "did not reduce population-level HIV-1 incidence in a declining epidemic",
    "PMC1087853": "Hearing threshold levels (900 MHz exposure subgroup). Mean ± SEM, p > 0.05",
    "PMC3364603": "BMI (kg/m²) | Control | 23.5 ± 0.5 | 23.5 ± 0.5 | 0.9700 | 0.3034\n",
    "PMC5873371": "25\xa0kg/m², n\xa0=\xa0122) than lean",
}  # fmt: skip


def references(path: Path) -> list[str]:
    """The titles of an article's references, as its own list prints them."""
    titles = etree.parse(path, etree.XMLParser(load_dtd=False, no_network=True)).iterfind(".//ref-list//article-title")
    return [text for title in titles if len(text := " ".join("".join(title.itertext()).split())) > 60]


def test_genuine_articles_are_read_whole_and_without_their_references(data_dir: Path, tmp_path: Path) -> None:
    ingest = data_dir / "ingest"
    with tarfile.open(ingest / "pmc_jats" / "pmc_jats_native.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    native = ingest / "pubmed_native"
    paths = [
        *tmp_path.rglob("*.nxml"),
        *(ingest / "pmc_jats").glob("*.nxml"),
        *native.rglob("*.nxml"),
        *native.rglob("efetch_pmc.xml"),
    ]
    counts: Counter[str] = Counter()
    quoted = listed = 0
    for path in paths:
        parser = find_parser(path)
        assert parser.name == PARSER.name
        (found,) = parser.parse(path)
        assert isinstance(found, Document)
        assert found.year
        assert found.publisher
        assert found.sections
        assert KNOWN.get(found.identifiers["pmcid"], "") in found.text
        assert all(found.text[p.start : p.end] == p.text for p in passages_of(found))
        titles = references(path)
        listed += len(titles)
        quoted += sum(title in found.text for title in titles)
        counts[found.status] += 1
        counts["with results"] += any(section.role is Role.RESULT for section in found.sections)
    assert counts == {Status.CURRENT: 279, "with results": 218}
    assert (listed, quoted) == (7680, 0)
