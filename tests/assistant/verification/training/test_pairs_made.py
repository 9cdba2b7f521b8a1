"""The pairs that are learnt from: read, mixed, and made by rule."""

from __future__ import annotations

import dataclasses
import json
import lzma
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification.labelled import LabelledError, LabelledPair, labelled_digest, read_labelled
from assistant.verification.labels import Label
from assistant.verification.training.conclusions import concluded, conclusion_of
from assistant.verification.training.mix import Mix, mixed_pairs, read_mix
from assistant.verification.training.neutrals import made_neutral
from assistant.verification.training.perturbation import (
    CHANGES,
    change_direction,
    change_drug,
    change_number,
    change_population,
    made_by_rule,
    read_texts,
)
from indexes.errors import ModelError

ABSTRACTS = [
    f"We studied {n} children with asthma. Treatment with ibuprofen was associated with an increased risk of bleeding "
    f"in {n + 10} patients after the first year. Amoxicillin did not change the risk of death in {n}.5% of the adults."
    for n in range(20, 60)
]


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - reproducible, not secret


def pair(claim: str, evidence: str, label: Label = "support", document: str = "") -> LabelledPair:
    return LabelledPair(id=claim, claim=claim, evidence=evidence, label=label, document_id=document)


def write(path: Path, pairs: Sequence[LabelledPair]) -> None:
    body = "".join(json.dumps(dataclasses.asdict(each)) + "\n" for each in pairs)
    if path.suffix == ".xz":
        path.write_bytes(lzma.compress(body.encode()))
    else:
        path.write_text(body, encoding="utf-8")


def test_packed_and_plain_files_are_read_alike(tmp_path: Path) -> None:
    pairs = [pair("a", "b"), pair("c", "d", "neutral")]
    write(tmp_path / "one.jsonl", pairs)
    write(tmp_path / "one.jsonl.xz", pairs)
    plain, packed = (read_labelled(tmp_path / name) for name in ("one.jsonl", "one.jsonl.xz"))
    assert plain == packed
    assert {each.source for each in plain} == {"one"}


def test_a_line_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps({"id": "1", "claim": "secret", "evidence": "e", "label": "perhaps"}) + "\n")
    with pytest.raises(LabelledError, match=r'bad\.jsonl:1: "label"') as caught:
        read_labelled(path)
    assert "secret" not in str(caught.value)
    with pytest.raises(LabelledError, match=r"none\.jsonl: cannot be read"):
        read_labelled(tmp_path / "none.jsonl")


def test_a_mixture_is_the_same_for_the_same_seed_and_keeps_its_limits(tmp_path: Path) -> None:
    labels: tuple[Label, ...] = ("support", "contradict", "neutral", "neutral")
    write(tmp_path / "set.jsonl", [pair(f"claim {n} drug", f"text {n} drug", labels[n % 4]) for n in range(80)])
    mix = Mix.model_validate({"sets": [{"files": ["set"], "most": 30, "balanced": True, "neutrals": 6}]})
    first, again, other = (mixed_pairs(tmp_path, mix, seed) for seed in (1, 1, 2))
    assert labelled_digest(first) == labelled_digest(again) != labelled_digest(other)
    taken = Counter(each.label for each in first if each.source == "set")
    assert taken == {"support": 10, "contradict": 10, "neutral": 10}
    assert sum(each.source == "set+neutral" for each in first) == 6
    assert len([each for each in mixed_pairs(tmp_path, mix, 1, 0.5) if each.source == "set"]) == 15
    with pytest.raises(ModelError, match="holds no file of the mixture"):
        mixed_pairs(tmp_path / "empty", mix, 1)


def test_the_mixture_names_files_that_there_are(data_dir: Path) -> None:
    folder = data_dir / "train" / "nli"
    for share in read_mix().sets:
        for name in share.files:
            assert list(folder.glob(f"{name}.jsonl*")), name


def test_made_neutrals_belong_to_no_like_claim() -> None:
    pairs = [pair(f"drug {n} helps", f"drug {n} was given to many", document=str(n)) for n in range(9)]
    pairs.append(pair("drug 0 helps", "drug 0 was taken"))
    belongs = {(each.claim, each.evidence) for each in pairs}
    made = made_neutral(pairs, 8, chance(3))
    assert len(made) == 8
    assert all(each.label == "neutral" and (each.claim, each.evidence) not in belongs for each in made)


def test_a_change_changes_one_thing() -> None:
    draw = chance(5)
    assert change_direction("Mortality was higher in winter.", draw) == "Mortality was lower in winter."
    assert change_number("Seen in 12 of them.", draw) not in {None, "Seen in 12 of them."}
    assert change_number("Seen in some (IL-6, 2019/20).", draw) is None
    drug = change_drug("Ibuprofen was used.", draw)
    assert drug is not None
    assert drug[0].isupper()
    assert drug != "Ibuprofen was used."
    assert change_population("Nobody took part.", draw) is None


@given(st.sampled_from(sorted(set(CHANGES) - {"same"})), st.sampled_from(ABSTRACTS), st.integers(0, 99))
def test_a_changed_text_is_another_text(kind: str, text: str, seed: int) -> None:
    assert CHANGES[kind](text, chance(seed)) != text


def test_pairs_by_rule_are_of_all_kinds_and_reproducible() -> None:
    made, again = (made_by_rule(ABSTRACTS, 40, 4) for _ in range(2))
    assert made == again
    assert len(made) == 40
    labels = Counter(each.label for each in made)
    assert min(labels.values()) >= 8
    for each in made:
        assert each.claim
        assert each.two_class == (each.label == "neutral")
        if each.label == "support":
            assert each.claim in each.evidence


def test_only_whole_abstracts_are_learnt_from(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text('{"abstract": "Whole."}\n{"abstract": "Part", "complete": false}\n{"title": "none"}\n')
    assert read_texts(path) == ["Whole."]
    path.write_text("[]\n")
    with pytest.raises(ModelError, match="name a JSONL file of abstracts"):
        read_texts(path)


RESULTS = (
    "BACKGROUND: Little is known of drug X. METHODS: We gave drug X or placebo to 240 adults with asthma for a year, and "
    "counted their exacerbations. RESULTS: There were 31 exacerbations with drug X and 62 with placebo (rate ratio 0.50, "
    "95% CI 0.33 to 0.77). Adverse events were alike in both groups, and nobody died. Quality of life did not differ "
    "between them at any visit of the year.{}"
)


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (" CONCLUSIONS: Drug X reduced exacerbations in adults with asthma for a year. More is needed.", "Drug X reduced exacerbations"),
        (" Conclusion : These results suggest that drug X is effective in adults who have asthma.", "Drug X is effective in adults"),
        (" In conclusion, drug X was associated with fewer exacerbations of asthma in adults.", "Drug X was associated"),
        (" We conclude that drug X was associated with fewer exacerbations of asthma in adults.", "Drug X was associated"),
    ],
)  # fmt: skip
def test_a_conclusion_is_told_from_its_results(end: str, said: str) -> None:
    found = conclusion_of(RESULTS.format(end))
    assert found is not None
    claim, before = found
    assert claim.startswith(said)
    assert claim.count(".") == 1
    assert before.endswith("of the year.")


@pytest.mark.parametrize(
    "text",
    [
        RESULTS.format(""),
        RESULTS.format(" CONCLUSIONS: It works."),
        "CONCLUSION: Drug X was associated with fewer exacerbations of asthma in adults.",
    ],
)
def test_without_a_conclusion_or_results_nothing_is_made(text: str) -> None:
    assert conclusion_of(text) is None


def test_conclusions_are_made_in_thirds_and_turned_ones_differ_by_the_turn_alone() -> None:
    abstracts = [
        RESULTS.replace("asthma", disease).format(f" CONCLUSIONS: Drug X was associated with a higher risk of harm in adults with {disease}.")
        for disease in ("asthma", "gout", "migraine", "psoriasis", "epilepsy", "anaemia")
    ]  # fmt: skip
    made, again = (concluded(abstracts, 18, 3) for _ in range(2))
    assert made == again
    assert Counter(each.label for each in made) == {"support": 6, "contradict": 6, "neutral": 6}
    assert len(concluded(abstracts, 9, 3)) == 9
    by_evidence = {each.evidence: each.claim for each in made if each.label == "support"}
    for each in made:
        assert each.two_class == (each.label == "neutral")
        if each.label == "contradict":
            assert len(set(by_evidence[each.evidence].split()) ^ set(each.claim.split())) <= 2
        elif each.label == "neutral":
            assert by_evidence[each.evidence] != each.claim
