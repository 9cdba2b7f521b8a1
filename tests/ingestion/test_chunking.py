"""Passages: the document's own words, whole, within limits, and the same every time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.passage import Kind, Passage, Role
from ingestion.chunking import ALONE, LIMIT, passages_of
from ingestion.document import Document, TextBuilder
from ingestion.pieces import count_pieces

SENTENCES = st.sampled_from(
    [
        "Aspirin helped.",
        "p < 0.05, e.g. here.",
        "Smith et al. disagreed.\nThey said why.",
        "É\u2009. 😀 \u00a0 x",
        "1. Offer it.",
        "word",
    ]
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document: short and long sections, flat and nested headings, pages or none, runs of words without an end."""
    builder = TextBuilder()
    for _ in range(draw(st.integers(0, 6))):
        text = draw(
            st.lists(SENTENCES, max_size=5).map(" ".join)
            | st.builds(lambda sentence, times: " ".join([sentence] * times), SENTENCES, st.integers(1, 400))
            | st.text(max_size=30)
        )
        path = tuple(
            draw(st.lists(st.sampled_from(["Methods", "Results", "Dose", "Table 1. " + "Mean dose " * 40]), max_size=3))
        )
        builder.add(
            text,
            draw(st.sampled_from(Role)),
            path,
            page=draw(st.none() | st.integers(1, 3)),
            population=draw(st.sampled_from([None, "adults"])),
        )
    return document(builder, draw(st.sampled_from(["Title", "A title without end " * 40])))


def document(builder: TextBuilder, title: str = "Title") -> Document:
    return Document("guideline:who/x@1", Kind.GUIDELINE, title, builder.text, tuple(builder.sections), year=2024)


def size(passage: Passage) -> int:
    """What the embedder reads of it, with the two pieces that mark start and end."""
    return count_pieces(passage.embedding_text) + 2


@settings(max_examples=150, deadline=None)
@given(documents())
def test_passages_are_the_documents_own_words_within_the_limit(given_document: Document) -> None:
    for passage in passages_of(given_document):
        assert passage.text == given_document.text[passage.start : passage.end]
        assert size(passage) <= LIMIT
        assert passage.text == passage.text.strip()


@settings(max_examples=150, deadline=None)
@given(documents())
def test_nothing_of_a_section_is_lost_or_said_twice(given_document: Document) -> None:
    passages = passages_of(given_document)
    spans = [(passage.start, passage.end) for passage in passages]
    assert spans == sorted(spans)
    covered = [False] * len(given_document.text)
    for start, end in spans:
        assert not any(covered[start:end])
        covered[start:end] = [True] * (end - start)
    for section in given_document.sections:
        left_out = [given_document.text[i] for i in range(section.start, section.end) if not covered[i]]
        assert not "".join(left_out).strip()


@settings(max_examples=150, deadline=None)
@given(documents())
def test_parts_tell_the_role_and_heading_of_every_stretch(given_document: Document) -> None:
    for passage in passages_of(given_document):
        last = 0
        for part in passage.parts:
            assert last <= part.start < part.end <= len(passage.text)
            section = next(s for s in given_document.sections if s.start <= passage.start + part.start < s.end)
            assert passage.start + part.end <= section.end
            assert (part.role, part.grade) == (section.role, section.grade)
            assert (part.strength, part.certainty) == (section.strength, section.certainty)
            assert part.population == section.population
            assert part.heading == (section.path[-1] if section.path else "")
            last = part.end
        if {part.role for part in passage.parts} & ALONE:
            assert len(passage.parts) == 1


@given(documents())
def test_identifiers_are_unique_and_the_same_every_time(given_document: Document) -> None:
    passages = passages_of(given_document)
    assert len({passage.passage_id for passage in passages}) == len(passages)
    assert all(passage.passage_id.startswith("guideline:who/x@1#") for passage in passages)
    assert passages_of(Document.from_json(given_document.to_json())) == passages


def test_an_abstract_stays_whole_and_keeps_its_labels() -> None:
    builder = TextBuilder()
    builder.add("Stroke is common.", Role.BACKGROUND, ("BACKGROUND",))
    builder.add("Aspirin helps.", Role.CONCLUSION, ("CONCLUSIONS",))
    (passage,) = passages_of(document(builder))
    assert passage.text == "Stroke is common.\n\nAspirin helps."
    assert [(passage.text[p.start : p.end], p.heading) for p in passage.parts] == [
        ("Stroke is common.", "BACKGROUND"),
        ("Aspirin helps.", "CONCLUSIONS"),
    ]


def test_each_recommendation_and_each_criterion_stands_alone() -> None:
    builder = TextBuilder()
    builder.add("Statins are used.", Role.BODY, ("Lipids",))
    builder.add("Offer a statin.", Role.RECOMMENDATION, ("Lipids",), grade="strong")
    builder.add("Offer ezetimibe.", Role.RECOMMENDATION, ("Lipids",), grade="weak")
    builder.add("Adults.", Role.ELIGIBILITY, ("Lipids",))
    builder.add("Review yearly.", Role.BODY, ("Lipids",))
    passages = passages_of(document(builder))
    assert [passage.text for passage in passages] == [
        "Statins are used.",
        "Offer a statin.",
        "Offer ezetimibe.",
        "Adults.",
        "Review yearly.",
    ]
    assert [passage.parts[0].grade for passage in passages] == [None, "strong", "weak", None, None]


def test_a_long_section_is_cut_evenly_at_sentence_ends() -> None:
    builder = TextBuilder()
    builder.add(" ".join(f"Sentence number {n} has exactly seven words." for n in range(120)), Role.BODY)
    passages = passages_of(document(builder))
    assert all(passage.text.endswith("words.") and passage.text.startswith("Sentence") for passage in passages)
    assert len(passages) == -(-count_pieces(builder.text) // (LIMIT - 4))
    assert max(map(size, passages)) - min(map(size, passages)) < 40


def test_an_abstract_that_does_not_fit_is_cut_between_its_sections() -> None:
    builder = TextBuilder()
    for heading, sentences in (("BACKGROUND", 15), ("METHODS", 20), ("RESULTS", 25), ("CONCLUSIONS", 4)):
        builder.add("Eight adults took the tablets every day. " * sentences, Role.BODY, (heading,))
    first, second = passages_of(document(builder))
    assert [part.heading for part in first.parts] == ["BACKGROUND", "METHODS"]
    assert [part.heading for part in second.parts] == ["RESULTS", "CONCLUSIONS"]


def test_a_long_title_and_a_deep_path_leave_room_for_the_text() -> None:
    builder = TextBuilder()
    builder.add(
        "The dose is five milligrams a day. " * 30, Role.BODY, tuple(f"Chapter {n} of the guideline" for n in range(60))
    )
    passages = passages_of(document(builder, "A randomised controlled trial of everything " * 60))
    assert passages[0].text.count("The dose") >= 20
    assert passages[0].section[0] == "Chapter 0 of the guideline"  # only what is embedded is clipped
    assert "Chapter 59 of the guideline\nThe dose" in passages[0].embedding_text
    assert "Chapter 0 " not in passages[0].embedding_text


def test_a_table_is_cut_between_its_rows() -> None:
    builder = TextBuilder()
    rows = [f"Drug {n} | {n} mg | {n * 3} of 1200 adults" for n in range(100)]
    builder.add("\n".join(rows), Role.RESULT, ("Table 1",))
    passages = passages_of(document(builder))
    assert len(passages) > 1
    assert [row for passage in passages for row in passage.text.split("\n")] == rows


def test_a_sentence_without_end_is_cut_between_words() -> None:
    builder = TextBuilder()
    builder.add("naïve " * 2_000, Role.BODY)
    passages = passages_of(document(builder))
    assert [word for passage in passages for word in passage.text.split()] == ["naïve"] * 2_000


def test_a_sentence_without_end_is_cut_between_clauses_where_it_has_any() -> None:
    builder = TextBuilder()
    builder.add("; ".join(f"clause {n} names a drug, a dose and a day" for n in range(100)) + ".", Role.BODY)
    passages = passages_of(document(builder))
    assert all(passage.text.endswith((";", ".")) for passage in passages)


def test_text_without_spaces_does_not_make_a_passage_without_end() -> None:
    builder = TextBuilder()
    builder.add("A" * 1_000_000 + " 中文" * 10 + "中" * 200_000, Role.BODY)
    passages = passages_of(document(builder))
    assert max(map(size, passages)) <= LIMIT
    assert max(len(passage.text) for passage in passages) <= 100 * LIMIT
    assert sum(len(passage.text.replace(" ", "")) for passage in passages) == 1_200_020


def test_many_short_sentences_are_cut_as_well() -> None:
    builder = TextBuilder()
    builder.add("No. Yes! " * 50_000, Role.BODY)
    assert len(passages_of(document(builder))) >= 200_000 // LIMIT


def test_a_document_without_text_has_no_passages() -> None:
    assert passages_of(document(TextBuilder())) == []
