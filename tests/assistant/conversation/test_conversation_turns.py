"""Memory is bounded, and what is remembered can be opened again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.answer import Citation, Claim, Source
from assistant.conversation.reopening import excerpts, unknown_source
from assistant.conversation.turns import MAX_CHARACTERS, MAX_TURNS, Conversation, Turn
from assistant.errors import NotFoundError

TEXT = "Before. Aspirin did not prevent heart attacks. It raised bleeding. After."


def source(document_id: str) -> Source:
    return Source(
        document_id=document_id,
        kind="literature",
        title="A trial",
        url="",
        year=2020,
        evidence_level="2",
        status="current",
    )


def citing(document_id: str, quote: str) -> Claim:
    start = TEXT.index(quote)
    cited = Citation(
        passage_id=f"{document_id}#0",
        document_id=document_id,
        quote=quote,
        start=start,
        end=start + len(quote),
        support=1.0,
    )
    return Claim(text=quote, support=1.0, citations=[cited])


@given(st.lists(st.integers(min_value=1, max_value=4000), max_size=20))
def test_memory_is_bounded(lengths: list[int]) -> None:
    talk = Conversation()
    for length in lengths:
        claim = Claim(text="x" * length, support=1.0, citations=citing("pubmed:1", "After.").citations)
        talk = talk.then(Turn(f"question {length}", claims=(claim,) * 2))
        assert talk.last is not None
        assert talk.last.question == f"question {length}"
        assert len(talk.turns) <= MAX_TURNS
        assert sum(turn.characters for turn in talk.turns) <= max(MAX_CHARACTERS, talk.last.characters)


def test_numbers_mean_the_last_answer_that_had_sources() -> None:
    cited = Turn("one", sources=(source("pubmed:1"), source("pubmed:2")), claims=(citing("pubmed:2", "After."),))
    talk = Conversation().then(Turn("zero", sources=(source("pubmed:9"),))).then(cited).then(Turn("nothing found"))
    assert talk.citing is cited
    assert [each.quote for each in cited.citations(2)] == ["After."]
    assert cited.citations(1) == cited.citations(7) == ()


def test_a_source_is_opened_with_its_cited_words() -> None:
    quotes = ("It raised bleeding.", "Aspirin did not prevent heart attacks.")
    turn = Turn("q", sources=(source("pubmed:1"),), claims=tuple(citing("pubmed:1", quote) for quote in quotes))
    (found,) = excerpts(turn, 1, lambda _: TEXT)
    assert [found.text[start:end] for start, end in found.spans] == list(reversed(quotes))
    assert not found.changed


def test_where_the_library_changed_the_words_stand_as_they_were_cited() -> None:
    turn = Turn("q", sources=(source("pubmed:1"),), claims=(citing("pubmed:1", "It raised bleeding."),))

    def gone(_: str) -> str:
        raise NotFoundError("gone")

    for passage in (gone, lambda _: "Other words"):
        (found,) = excerpts(turn, 1, passage)
        assert (found.text, found.changed) == ("It raised bleeding.", True)


def test_a_number_that_is_none_is_told() -> None:
    assert "Ask a question first" in unknown_source(None)
    assert "[1]" in unknown_source(Turn("q", sources=(source("pubmed:1"),)))
