"""What a printed grade says, scheme by scheme; what no scheme defines stays unsaid."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.passage import Kind, Role
from ingestion.document import Document, Section
from ingestion.manifest import Entry
from ingestion.sources.grading import NOT_STATED, Grading, graded, grading_of
from ingestion.sources.recommendations import grade_of


@pytest.mark.parametrize(
    ("grade", "strength", "certainty"),
    [
        # GRADE, in words
        ("Strong recommendation, moderate- to high-certainty evidence", "strong", "moderate to high"),
        ("strong recommendation, moderate-to-high certainty of evidence", "strong", "moderate to high"),
        ("Conditional recommendation with very low certainty evidence", "conditional", "very low"),
        ("Conditional recommendation, low certainty in evidence", "conditional", "low"),
        ("Strong recommendation against the intervention. Quality of evidence: very low", "strong, against", "very low"),
        ("Conditional recommendation against", "conditional, against", None),
        ("Conditional recommendation based on expert consensus", "conditional", None),
        ("weak recommendation; low-quality evidence", "weak", "low"),
        ("low certainty of evidence, strong recommendation", "strong", "low"),
        ("Strong Recommendation, High-Quality Evidence", "strong", "high"),
        ("Strong, Low", "strong", "low"),
        ("conditional, very low", "conditional", "very low"),
        ("Strength of recommendation: conditional", "conditional", None),
        ("Strength of recommendation: strong. Certainty of evidence: low", "strong", "low"),
        ("Certainty of evidence: low; strength of recommendation: strong", "strong", "low"),
        ("recommendation: weak; certainty: very low", "weak", "very low"),
        # GRADE, in circles, figures and letters
        ("Strong recommendation ⊕⊕⊕◯", "strong", "moderate"),
        ("Strong recommendation; ⊕⊕◯◯ low certainty", "strong", "low"),
        ("2 | ⊕⊕○○", "weak", "low"),
        ("1B", "strong", "moderate"),
        ("Grade 2D", "weak", "very low"),
        ("Grade 1C", "strong", "low or very low"),
        # ACC/AHA and ESC
        ("Class 1, LOE B-NR", "strong", "moderate, nonrandomized"),
        ("Class 2a, LOE A", "moderate", "high"),
        ("COR 2b, LOE C-LD", "weak", "limited data"),
        ("COR 1, LOE C-EO", "strong", "expert opinion"),
        ("COR 3: No Benefit, LOE B-R", "moderate, no benefit", "moderate, randomized"),
        ("Class III: Harm, Level of Evidence C-EO", "strong, harm", "expert opinion"),
        ("Class IIa, Level of Evidence: B", "weight of evidence in favour", "single randomized trial or nonrandomized studies"),
        ("Class III, LOE: C", "not recommended", "expert consensus or small studies"),
        ("2a, B-R", "moderate", "moderate, randomized"),
        # ACIP, as CDC uses it
        ("recommendation category: A, evidence type: 4", "for most patients", "very low"),
        ("recommendation category B, evidence type 3", "individual decision", "low"),
        # Oxford
        ("level of evidence 1a, grade A", "grade A", "level 1a"),
        ("GR: B; LE: 2", "grade B", "level 2"),
        # what says neither
        ("Grade B", None, None),
        ("Not Graded", None, None),
        ("Good practice statement", None, None),
        ("moderate", None, None),
    ],
)  # fmt: skip
def test_a_grade_says_what_its_scheme_defines(grade: str, strength: str | None, certainty: str | None) -> None:
    assert grading_of(grade) == Grading(strength, certainty)


@pytest.mark.parametrize("grade", ["B", "Grade B", "Grade: B", "B recommendation", "Recommendation grade: B"])
def test_letters_are_of_the_uspstf_where_it_is_the_publisher(grade: str) -> None:
    assert grading_of(grade, "USPSTF") == Grading(
        "recommended, moderate to substantial net benefit", "moderate or high"
    )
    assert grading_of(grade, "SIGN") == Grading()


@pytest.mark.parametrize(
    ("grade", "strength", "certainty"),
    [
        ("A", "substantial net benefit", "high"),
        ("C", "selectively", "moderate or high"),
        ("D", "against", "moderate or high"),
        ("I", "insufficient evidence", "low"),
        ("I statement", "insufficient evidence", "low"),
    ],
)
def test_each_letter_of_the_uspstf_is_defined(grade: str, strength: str, certainty: str) -> None:
    found = grading_of(grade, "USPSTF", "2024-04-30")
    assert strength in str(found.strength)
    assert found.certainty == certainty


@pytest.mark.parametrize(
    ("date", "strength", "certainty"),
    [
        ("2004-02-15", "no recommendation for or against routine use, balance too close", "at least fair evidence"),
        ("2011-04-18", "recommended against routinely, small net benefit", "moderate or high"),
        ("2018-04-01", "recommended selectively, small net benefit", "moderate or high"),
        ("2024", "recommended selectively, small net benefit", "moderate or high"),
        ("", "recommended selectively, small net benefit", "moderate or high"),
    ],
)
def test_a_letter_means_what_it_meant_in_its_time(date: str, strength: str, certainty: str) -> None:
    assert grading_of("C", "USPSTF", date) == Grading(strength, certainty)


def test_nice_grades_by_wording_and_nobody_else() -> None:
    assert grading_of("Offer", "NICE") == Grading("strong", None)
    assert grading_of("Do not offer", "NICE") == Grading("strong, against", None)
    assert grading_of("Consider", "NICE") == Grading("weaker", None)
    assert grading_of("Do not routinely offer", "NICE") == Grading()
    assert grading_of("Offer", "WHO") == Grading()


def test_the_body_that_writes_d_says_low_with_c() -> None:
    assert grading_of("2C", "KDIGO").certainty == "low"


def test_roman_classes_with_level_a_are_of_acc_and_aha_where_these_publish() -> None:
    grade = "Class IIa, LOE A"
    assert grading_of(grade, "AHA", "2017-11-13") == Grading("moderate", "high")
    assert grading_of(grade, "AHA", "2013-11-12").strength == "weight of evidence in favour"
    assert grading_of(grade).certainty == "multiple randomized trials or meta-analyses"


def test_several_grades_keep_their_order() -> None:
    assert grading_of("Grade 1A; Grade 2D") == Grading("strong; weak", "high; very low")
    assert grading_of("Conditional, Low; Conditional, Very Low") == Grading("conditional", "low; very low")
    assert grading_of("Strong recommendation; Weak, Low") == Grading("strong; weak", f"{NOT_STATED}; low")


_PIECES = st.sampled_from(
    [*"ABCDI12;,()| ", "Grade ", "Class ", "COR ", "IIa", "LOE ", "B-NR", "strong", "weak", "low", "high", "recommendation", " to ",
     "⊕", "◯", "against"]
)  # fmt: skip


@given(
    st.lists(_PIECES, max_size=12).map("".join) | st.text(max_size=60), st.sampled_from(["", "USPSTF", "NICE", "WHO"])
)
def test_whatever_is_printed_only_words_of_the_schemes_come_out(grade: str, publisher: str) -> None:
    schemes = tomllib.loads(files("ingestion.sources").joinpath("grading.toml").read_text(encoding="utf-8"))["scheme"]
    known = {NOT_STATED}
    for scheme in schemes:
        for table in ("strength", "certainty", "certainty_of"):
            known.update(scheme.get(table, {}).values())
    found = grading_of(grade, publisher)
    for said in (found.strength, found.certainty):
        for words in said.split("; ") if said else ():
            assert words.removesuffix(", against") in known or words.startswith("level ")
    if not any(character.isalnum() or character == "⊕" for character in grade):
        assert found == Grading()


def test_each_scheme_names_its_source() -> None:
    for scheme in tomllib.loads(files("ingestion.sources").joinpath("grading.toml").read_text(encoding="utf-8"))[
        "scheme"
    ]:
        assert scheme["name"]
        assert scheme["source"]


def _document(text: str, publisher: str = "local") -> Document:
    sections = (Section(0, len(text), Role.RECOMMENDATION, (), grade_of(text)),)
    return Document(
        f"guideline:{publisher}/x@1", Kind.GUIDELINE, "X", text, sections, publisher=publisher, date="2020-01-01"
    )


def test_who_the_manifest_says_issued_a_guideline_decides_what_its_letters_mean() -> None:
    document = graded(_document("Screen adults. (Grade B)"))
    assert document.sections[0].strength is None
    described = Entry(issuer="U.S. Preventive Services Task Force").describe(document)
    assert described.sections[0].strength == "recommended, moderate to substantial net benefit"
    assert described.sections[0].grade == "Grade B"


def test_a_document_of_an_earlier_citewell_is_read_and_one_without_more_is_written_as_then() -> None:
    plain = _document("Treat early (good practice statement).")
    written = plain.to_json()
    assert set(written["sections"][0]) == {"start", "end", "role", "path", "grade", "page"}
    assert Document.from_json(written) == plain
    more = graded(_document("Treat early (1B)."))
    assert Document.from_json(more.to_json()) == more
    assert more.sections[0].strength == "strong"


@pytest.mark.parametrize("role", [Role.BODY, Role.BACKGROUND])
def test_only_recommendations_are_graded(role: Role) -> None:
    document = Document("guideline:x/x@1", Kind.GUIDELINE, "X", "text", (Section(0, 4, role, (), "1A"),))
    assert graded(document) == document
