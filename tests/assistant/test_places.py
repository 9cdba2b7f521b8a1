"""Countries whose guidance is asked for: told from where someone has been, and met by the guideline of a body of that country."""

from __future__ import annotations

import pytest

from assistant.advisers import country_of
from assistant.composing.candidates import candidates
from assistant.composing.fit import misfits
from assistant.planning.places import countries, country_asked
from assistant.planning.rules import plan
from indexes.passage import Hit, Kind, Part, Passage, Role


@pytest.mark.parametrize(
    ("question", "country", "terms"),
    [
        ("first line treatment of malaria in Nigeria", "Nigeria", ["malaria"]),
        ("malaria treatment nigeria", "Nigeria", ["malaria"]),
        ("Nigerian guidelines for asthma", "Nigeria", ["asthma"]),
        ("Kenya national guidelines for HIV", "Kenya", ["HIV"]),
        (
            "Should women in the US be screened for osteoporosis?",
            "United States",
            ["women", "screened", "osteoporosis"],
        ),
        ("What does the UK's guidance say on gout?", "United Kingdom", ["gout"]),
        ("aspirin in South African adults", "South Africa", ["aspirin"]),
    ],
)
def test_a_country_is_whose_guidance_is_asked_for_and_no_term(question: str, country: str, terms: list[str]) -> None:
    planned = plan(question)
    assert planned.country
    assert planned.country.name == country
    assert [term.text for term in planned.terms] == terms
    assert planned.question == question


@pytest.mark.parametrize(
    "question",
    [
        "How common is hypertension in Nigeria?",
        "fever in a traveller returning from Kenya",
        "latent TB in a patient born in India",
        "Japanese encephalitis vaccine",
        "guinea worm treatment",
        "Is turkey safe in gout?",
        "Tell us in us what helps",
        "Does advice differ in Kenya and in Ghana?",
        "hypertension trials in China",
        "Which vaccine was approved first in the US?",
    ],
)
def test_a_country_that_is_a_matter_like_any_other(question: str) -> None:
    assert country_asked(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "Is HIV control in Jamaica making a difference?",
        "Does solid culture for tuberculosis influence decisions in India?",
    ],
)
def test_a_question_that_asks_for_no_guidance_keeps_its_country(question: str) -> None:
    planned = plan(question)
    assert planned.country is None
    assert any(term.text in ("Jamaica", "India") for term in planned.terms)


def test_every_country_is_found_by_each_of_its_names() -> None:
    for word, country in countries().items():
        spelt = next(each for each in country.words if each.casefold() == word)
        found = country_asked(f"treatment of gout in {spelt}")
        assert found, spelt
        assert found[0] == country
        assert found[1] == "treatment of gout"


def test_a_guideline_is_of_the_country_of_its_publisher() -> None:
    assert country_of("guideline:nstg/malaria@2022") == "Nigeria"
    assert country_of("guideline:uspstf/aspirin@2022") == "United States"
    assert country_of("guideline:who/dengue@2009") is None
    assert country_of("guideline:local/gout@1") is None
    assert country_of("pubmed:1") is None


@pytest.mark.parametrize(
    ("document", "sentence", "fits"),
    [
        ("guideline:nstg/gout@2022", "Colchicine is given in acute gout.", True),
        ("guideline:nice/gout@2022", "Colchicine is given in acute gout.", False),
        ("guideline:who/gout@2022", "Colchicine is given in acute gout.", False),
        ("guideline:who/gout@2022", "Colchicine is given in acute gout in Nigeria.", True),
        ("pubmed:1", "Colchicine is given in acute gout by Nigerian physicians.", True),
        ("pubmed:1", "Colchicine is given in acute gout.", False),
    ],
)
def test_only_guidance_of_the_country_or_on_it_answers(document: str, sentence: str, *, fits: bool) -> None:
    kind = Kind.GUIDELINE if document.startswith("guideline") else Kind.LITERATURE
    parts = (Part(0, len(sentence), Role.CONCLUSION),)
    (candidate,) = candidates(
        [Hit(Passage(f"{document}#0", document, kind, sentence, 0, len(sentence), "Gout", parts=parts))]
    )
    faults = list(misfits(plan("Should colchicine be given in acute gout in Nigeria?"), candidate))
    assert faults == ([] if fits else ["guidance for Nigeria"])
