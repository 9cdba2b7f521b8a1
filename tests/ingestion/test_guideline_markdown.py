"""Markdown guidelines: what a reader sees becomes the text, headings become paths, front matter becomes metadata."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexes.passage import Kind, Role, Status
from ingestion.document import Document
from ingestion.errors import SourceError
from ingestion.sources.guideline_markdown import MarkdownGuidelines

PARSER = MarkdownGuidelines()
FRONT = """---
title: "Digest: Screening adults for high blood pressure"
publisher: USPSTF
slug: hypertension-in-adults-screening
version: "2021"
date: 2021-04-27
status: current
url: https://example.org/statement
language: en
licence: Apache-2.0
rights: Not the issuer's own wording.
keywords: [hypertension, screening]
digest_of: "dump.json#12"
---
"""
BODY = """
# Digest: Screening adults for high blood pressure

## Recommendations

- Screen adults aged **18 years** or older by [measuring](https://example.org) blood
  pressure in the office &amp; at home. (Grade A)
- Confirm a high reading:
  - outside the clinic
  - before treatment

## Why

Net benefit is *substantial* <!-- hidden -->for `adults`.

<!-- a comment
over lines -->

```
code is not text
```

| Age | Interval |
|-----|----------|
| 40 or older | 1 year |
| 18 to 39 | 3 to 5 years |

## References

1. Somebody. A trial. 2015.
"""


def parse(folder: Path, text: str | bytes, name: str = "guideline.md") -> Document:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (document,) = PARSER.parse(path)
    assert isinstance(document, Document)
    return document


def texts(document: Document) -> list[str]:
    return [document.text[section.start : section.end] for section in document.sections]


def test_front_matter_becomes_metadata(tmp_path: Path) -> None:
    document = parse(tmp_path, FRONT + BODY)
    assert document.document_id == "guideline:uspstf/hypertension-in-adults-screening@2021"
    assert (document.kind, document.evidence_level, document.status) == (Kind.GUIDELINE, "guideline", Status.CURRENT)
    assert (document.year, document.date, document.publisher) == (2021, "2021-04-27", "USPSTF")
    assert (document.url, document.language, document.licence) == ("https://example.org/statement", "en", "Apache-2.0")
    assert document.attributes == {
        "keywords": ["hypertension", "screening"],
        "rights": "Not the issuer's own wording.",
        "digest_of": "dump.json#12",
    }
    assert Document.from_json(document.to_json()) == document


def test_sections_hold_what_a_reader_sees(tmp_path: Path) -> None:
    document = parse(tmp_path, FRONT + BODY)
    assert texts(document) == [
        "Screen adults aged 18 years or older by measuring blood pressure in the office & at home. (Grade A)",
        "Confirm a high reading:\noutside the clinic\nbefore treatment",
        "Net benefit is substantial for adults.",
        "Age | Interval\n40 or older | 1 year\n18 to 39 | 3 to 5 years",
    ]
    assert [(s.role, s.path, s.grade) for s in document.sections] == [
        (Role.RECOMMENDATION, ("Recommendations",), "Grade A"),
        (Role.RECOMMENDATION, ("Recommendations",), None),
        (Role.BACKGROUND, ("Why",), None),
        (Role.BACKGROUND, ("Why",), None),
    ]


def test_a_column_of_grades_grades_its_rows(tmp_path: Path) -> None:
    table = "# T\n\n## Recommendations\n\n| Population | Recommendation | Grade |\n|-|-|-|\n| Adults | Screen for it. | B |\n"
    (section,) = (document := parse(tmp_path, table)).sections
    assert (section.role, section.grade) == (Role.RECOMMENDATION, "B")
    assert document.text == "Adults | Screen for it. | B"


def test_missing_metadata_falls_back(tmp_path: Path) -> None:
    document = parse(tmp_path, "# Fever in children\n\nGive fluids.\n", "my fever notes.md")
    assert document.document_id == "guideline:local/my-fever-notes@undated"
    assert (document.title, document.year, document.language) == ("Fever in children", None, "en")
    assert parse(tmp_path, "Give fluids.", "fluids.md").title == "fluids"


def test_a_superseded_guideline_names_its_successor(tmp_path: Path) -> None:
    front = "---\ntitle: Old\nsuperseded_by: guideline:x/new@2\n---\nText.\n"
    document = parse(tmp_path, front)
    assert (document.status, document.superseded_by) == (Status.SUPERSEDED, "guideline:x/new@2")
    assert parse(tmp_path, "---\ntitle: New\nstatus: draft\n---\nText.\n").status is Status.DRAFT


def test_links_other_than_web_addresses_are_dropped(tmp_path: Path) -> None:
    assert parse(tmp_path, '---\ntitle: T\nurl: "javascript:alert(1)"\n---\nText.\n').url == ""


def test_a_rule_at_the_top_is_not_front_matter(tmp_path: Path) -> None:
    assert texts(parse(tmp_path, "---\nA paragraph.\n\n---\nAnother.\n"))[-1] == "Another."
    assert "Only this" in parse(tmp_path, "---\nOnly this.\n").text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"---\ntitle: a: b\n---\nText", "line 2"),
        (b"---\ntitle: T\nstatus: [unclosed\n---\nText", "line"),
        (b"---\ntitle: T\ndate: 2021-13-40\n---\nText", "front matter"),
        (b"---\ntitle: T\nstatus: archived\n---\nText", "archived"),
        (b"---\na: &a [1]\nb: [*a, *a]\n---\nText", "aliases"),
        (b"---\ntitle: !!python/object/apply:os.system ['true']\n---\nText", "YAML"),
        (b"---\n" + b"k: v\n" * 20_000 + b"---\nText", "front matter"),
        (b"# Only a heading\n", "no text"),
        (b"caf\xe9", "UTF-8"),
    ],
)
def test_bad_files_are_errors_that_name_the_file_and_the_mend(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=r"bad\.md") as error:
        parse(tmp_path, content, "bad.md")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("written", "version"),
    [("1.10", "1-10"), ("12:30", "12-30"), ("010", "010"), ("2021-04-27", "2021-04-27"), (r'"a\ud800"', "a")],
)
def test_a_version_is_taken_as_it_is_written(tmp_path: Path, written: str, version: str) -> None:
    document = parse(tmp_path, f"---\ntitle: T\nversion: {written}\n---\nText")
    assert document.document_id == f"guideline:local/t@{version}"


def test_a_number_without_end_is_no_number(tmp_path: Path) -> None:
    for number in ("0x" + "f" * 60_000, "!!int 0x" + "f" * 9_000, ":".join(["59"] * 15_000)):
        document = parse(tmp_path, f"---\ntitle: T\nyear: {number}\n---\nText")
        assert document.year is None


def test_half_a_character_in_the_front_matter_is_replaced(tmp_path: Path) -> None:
    document = parse(tmp_path, '---\ntitle: "a \\ud800 b"\n---\nText')
    assert document.title == "a \ufffd b"


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="check the path"):
        list(PARSER.parse(tmp_path / "none.md"))


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [
        ("a.md", FRONT.encode(), True),
        ("a.md", b"\xef\xbb\xbf" + FRONT.encode(), True),
        ("README.md", b"# Read me\n", False),
        ("a.md", b"---\nlayout: page\n---\ntitle: no", False),
        ("a.md", b"", False),
        ("a.txt", FRONT.encode(), False),
    ],
)
def test_only_front_matter_with_a_title_is_recognised(name: str, head: bytes, known: bool) -> None:
    assert PARSER.recognises(Path(name), head) is known


def test_deep_nesting_is_survived(tmp_path: Path) -> None:
    assert parse(tmp_path, "Start.\n\n" + ">" * 5000 + " deep\n\n" + "- " * 2000 + "item\n").sections
    assert "nested" in parse(tmp_path, "> " * 40 + "nested").text
    assert parse(tmp_path, "*" * 20_000 + "a" + "[" * 5000 + "\n\nEnd.\n").sections


@given(st.text(alphabet=st.sampled_from("ab .#-*>|`_[]()<!1\n\t:&;="), min_size=1, max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_offsets_are_true_for_any_markdown(tmp_path: Path, text: str) -> None:
    try:
        document = parse(tmp_path, "Start.\n\n" + text)
    except SourceError:
        return
    reached = 0
    for section in document.sections:
        assert reached <= section.start < section.end
        assert document.text[section.start : section.end].strip() == document.text[section.start : section.end]
        reached = section.end
    assert reached == len(document.text)


def test_every_digest_of_the_starter_library_is_read() -> None:
    folder = Path(__file__).parents[2] / "ingestion" / "starter" / "guidelines"
    files = sorted(folder.glob("*.md"))
    if not files:
        pytest.skip(f"no digests in {folder}")
    seen = set()
    for file in files:
        assert PARSER.recognises(file, file.read_bytes()[:4096])
        (document,) = PARSER.parse(file)
        assert isinstance(document, Document)
        assert any(section.role is Role.RECOMMENDATION for section in document.sections), file
        seen.add(document.document_id)
    assert len(seen) == len(files)


def test_genuine_summaries_are_read(data_dir: Path) -> None:
    folder = data_dir / "ingest/guidelines/open_medicine_summaries/content"
    (document,) = PARSER.parse(folder / "acc_aha_cholesterol_2018" / "statin_therapy.md")
    assert isinstance(document, Document)
    graded = {s.grade: document.text[s.start : s.end] for s in document.sections if s.grade}
    assert graded["Class III: Harm, Level of Evidence C-EO"].startswith("Statins are contraindicated in pregnancy")
    assert all(list(PARSER.parse(file)) for file in sorted(folder.rglob("*.md"))[::7])


KIT_PAGE = """This page is part of the kit of the World Health Organization.

## Overview

<table>
  <tr><th>Decision Table ID</th><th>Description</th></tr>
  <tr><td>FEV.DT</td><td>Who is admitted</td></tr>
</table>

{% include note.md topic='Fever' %}

### FEV.DT {: .wide}

<table class="rules">
  <tr><th>Rule ID</th><th>Age</th><th>Danger sign</th><th>Output Type</th><th>Action</th><th>Reference(s)</th></tr>

  <tr>
    <td>FEV.DT.01</td>
    <td>Age &lt; 3 months</td>
    <td>-</td>
    <td>PlanDefinition</td>
    <td>Admit.

Watch {{ site.data.place }} closely.</td>
    <td>Handbook</td>
  </tr>
</table>
"""


def test_a_page_of_decision_tables_is_read_rule_by_rule_without_template_tags(tmp_path: Path) -> None:
    path = tmp_path / "decision-logic.md"
    path.write_text(KIT_PAGE, encoding="utf-8")
    assert PARSER.recognises(path, path.read_bytes())
    (document,) = PARSER.parse(path)
    assert isinstance(document, Document)
    assert document.document_id == "guideline:who/decision-logic@undated"
    assert [(s.role, s.path, document.text[s.start : s.end]) for s in document.sections] == [
        (Role.BODY, (), "This page is part of the kit of the World Health Organization."),
        (Role.BODY, (), "Decision Table ID | Description\nFEV.DT | Who is admitted"),
        (Role.RECOMMENDATION, ("FEV.DT",), "FEV.DT.01 | Age < 3 months | Admit. Watch closely."),
    ]


def test_files_about_a_folder_are_no_guidelines_even_where_the_kind_is_given(tmp_path: Path) -> None:
    for name in ("README.md", "LICENSE.md", "changelog.markdown"):
        path = tmp_path / name
        path.write_text("# About\n\nThese are guidelines of the WHO.\n", encoding="utf-8")
        assert not PARSER.recognises(path, path.read_bytes())
        with pytest.raises(SourceError, match="about the folder"):
            list(PARSER.parse(path))


def test_genuine_pages_of_a_kit_are_read(data_dir: Path) -> None:
    folder = data_dir / "ingest/guidelines/who_smart"
    (document,) = PARSER.parse(folder / "hiv/input/pagecontent/decision-logic.md")
    assert isinstance(document, Document)
    rules = [document.text[s.start : s.end] for s in document.sections if s.role is Role.RECOMMENDATION]
    assert len(rules) == 266
    assert all(rule.startswith("HIV.") for rule in rules)
    read = []
    for path in sorted(folder.rglob("*.md")):
        with contextlib.suppress(SourceError):  # empty pages, nothing but tags, about the folder
            read += [page.text for page in PARSER.parse(path) if isinstance(page, Document)]
    assert len(read) > 60
    assert not any("{%" in text or "{{site" in text for text in read)


def test_a_reference_that_a_converter_raised_is_shown_raised(tmp_path: Path) -> None:
    document = parse(
        tmp_path, "---\ntitle: T\n---\nEvidence is limited. $^{8,9}$ Screen adults. It has 10 $^{6}$ cells."
    )
    assert document.text == "Evidence is limited.⁸,⁹ Screen adults. It has 10⁶ cells."


def test_lines_of_a_row_that_bear_grades_of_their_own_are_told_apart(tmp_path: Path) -> None:
    cell = "Women aged 40 to 74 years: The panel recommends mammography. Grade: B<br>Women 75 years or older: too little is known. Grade: I statement"
    document = parse(tmp_path, f"---\ntitle: T\n---\n| Who | What |\n|---|---|\n| What is advised? | {cell} |")
    assert [part.grade for part in document.sections if part.grade] == ["Grade: B", "Grade: I statement"]
