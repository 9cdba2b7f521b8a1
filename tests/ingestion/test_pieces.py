"""Counting word pieces: as the embedder's own tokenizer does."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from indexes.embedding.weights import weights_folder
from ingestion.pieces import count_pieces

TOKENIZER = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()
WORDS = st.sampled_from(
    [
        "Dexamethasone",
        "5±2",
        "p<0.05",
        "HbA1c",
        "naïve",
        "10⁹",
        "中文",
        "£120",
        "β-blockers",
        "(95% CI,",
        "IL-6).",
        "‘x’",
    ]
)


@given(
    st.lists(WORDS | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)).map(
        " ".join
    )
)
@example("Ångström’s 3.5–7 mg/kg… “quoted”")
def test_a_count_is_never_below_the_tokenizers(text: str) -> None:
    assert count_pieces(text) >= len(TOKENIZER.encode(text, add_special_tokens=False).ids)


@given(st.lists(WORDS).map(" ".join))
def test_a_count_of_clinical_text_is_the_tokenizers(text: str) -> None:
    assert count_pieces(text) == len(TOKENIZER.encode(text, add_special_tokens=False).ids)


@given(st.lists(WORDS, min_size=2), st.data())
def test_the_parts_of_a_text_add_up_to_the_whole(words: list[str], data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(words) - 1))
    assert count_pieces(" ".join(words[:place])) + count_pieces(" ".join(words[place:])) == count_pieces(
        " ".join(words)
    )


def test_a_word_without_end_is_counted_in_parts() -> None:
    assert count_pieces("A" * 100_000) >= 1_000
