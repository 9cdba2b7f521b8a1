"""Lists of guidelines as quotes: whole, under headings that say of what, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.composing.candidates import Candidate, candidates
from assistant.composing.extractive import MAX_CLAIMS, compose
from assistant.composing.fit import misfits
from assistant.composing.forbidding import forbids_in
from assistant.composing.lists import GOES_ON, is_list, items, lists, place_of
from assistant.composing.vectors import SentenceVectors
from assistant.planning.rules import plan
from indexes.embedding import Vectors
from indexes.passage import Hit, Kind, Part, Passage, Role, Scores

DRUGS = "Artemether-Lumefantrine is the medicine of choice\nArtesunate-Amodiaquine is an alternative"
QUESTION = "How is malaria treated?"


def passage(
    *parts: tuple[str, str],
    title: str = "Malaria",
    section: tuple[str, ...] = ("Treatment",),
    number: int = 0,
    kind: Kind = Kind.GUIDELINE,
    role: Role = Role.BODY,
    page: int | None = None,
) -> Passage:
    """A passage of parts, each a heading and its text."""
    text, made = "", []
    for heading, words in parts:
        start = len(text) + (2 if text else 0)
        text = f"{text}\n\n{words}" if text else words
        made.append(Part(start, start + len(words), role, heading))
    document = f"guideline:nstg/{title.lower().replace(' ', '-')}@2022"
    return Passage(
        f"{document}#{number}", document, kind, text, 0, len(text), title, section, parts=tuple(made), page=page
    )


def found(of: Passage, question: str = QUESTION) -> list[str]:
    return [one.text for one in lists(plan(question), [Hit(of, Scores())])]


def test_a_list_under_the_heading_asked_for_is_quoted_whole() -> None:
    (one,) = lists(plan(QUESTION), [Hit(passage(("Drug", DRUGS)), Scores())])
    assert one.text == DRUGS
    assert one.listed
    assert one.meant == f"Malaria . Treatment . Drug\n{DRUGS}"


@pytest.mark.parametrize(
    "question",
    [
        "What are the complications of malaria?",  # of which these are none
        "How is typhoid treated?",  # which this guideline is not on
        "How is cerebral malaria with pneumonia treated?",  # half of which it is on
        "Malaria?",  # which asks for nothing of it
    ],
)
def test_a_list_answers_no_question_for_anything_else(question: str) -> None:
    assert found(passage(("Drug", DRUGS)), question) == []


def test_items_may_end_with_a_stop() -> None:
    assert found(passage(("Drug", "Quinine.\nMefloquine.\nArtesunate"))) == ["Quinine.\nMefloquine.\nArtesunate"]


def test_each_part_of_a_passage_is_a_list_of_its_own() -> None:
    both = passage(("Complications", "Anaemia\nRenal failure"), ("Prevention", "Insecticide-treated nets"), section=())
    assert found(both, "What are the complications of malaria?") == ["Anaemia\nRenal failure"]
    assert found(both, "How can malaria be prevented?") == ["Insecticide-treated nets"]


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Chlamydial Infection (Other Than Lymphogranuloma Venereum)", "How is lymphogranuloma venereum treated?"),
        ("Malaria in Pregnancy", "How is typhoid in pregnancy treated?"),
    ],
)
def test_a_guideline_on_another_matter_is_left_alone(title: str, question: str) -> None:
    assert found(passage(("Drug", DRUGS), title=title), question) == []


@pytest.mark.parametrize(
    "text",
    [
        "Drug | Dose\nQuinine | 600 mg",  # a table
        "If the patient improves:\n• reduce fluids\n• stop after 48 hours",  # a case of what stands above
        "Give quinine or",  # half of a line
        "The following are needed:",  # what leads to a list that is not there
        "See Gonorrhoea",
        "Treatment Of Severe Malaria",  # a heading
        f"Quinine\n{'word ' * 170}",  # a paragraph among them
        "Malaria is treated with quinine.",  # a sentence, which is quoted as one
        "Malaria is treated with quinine.²⁰",
        "Malaria is treated with quinine.²⁰ Others are mefloquine.\nIt is to be treated with care. Drugs are many.",  # prose
    ],
)
def test_what_is_no_list_is_not_quoted_as_one(text: str) -> None:
    assert found(passage(("Drug", text))) == []


def test_a_line_by_itself_is_an_item_but_not_where_pages_are_taken_apart() -> None:
    assert found(passage(("Drug", "Quinine for ten days"))) == ["Quinine for ten days"]
    assert found(passage(("Drug", "Quinine for ten days"), page=3)) == []
    assert found(passage(("Drug", DRUGS), page=3)) == [DRUGS]
    assert found(passage(("Drug", "Quinine for ten days"), role=Role.RECOMMENDATION)) == []  # which is a sentence


def test_only_guidelines_have_lists() -> None:
    of_study = passage(("Drug", DRUGS), kind=Kind.LITERATURE)
    assert found(of_study) == []
    assert not is_list(of_study, of_study.parts[0])


def test_of_a_list_that_was_cut_the_first_lines_are_quoted_and_the_reader_is_told() -> None:
    cut = passage(("Drug", f"{DRUGS}\nQuinine in the first"))
    hits = [Hit(cut, Scores())]
    (first,) = lists(plan(QUESTION), hits, lambda _, part: (part.start, part.end + 500))
    assert first.text == DRUGS
    assert place_of(cut, first.start, first.end) == f"Malaria › Treatment › Drug; {GOES_ON}"
    assert list(lists(plan(QUESTION), hits, lambda _, part: (part.start - 500, part.end))) == []


@pytest.mark.parametrize(
    "text", ["Quinine for ten days or\nmefloquine", "Children under 5 years:\nquinine\nHalf the dose"]
)
def test_what_is_left_of_a_cut_list_is_a_list_too(text: str) -> None:
    cut = passage(("Drug", f"{text}\nand the"))
    kept = [one.text for one in lists(plan(QUESTION), [Hit(cut, Scores())], lambda _, part: (part.start, part.end + 9))]
    assert kept == [text]
    short = passage(("Drug", text))
    assert list(lists(plan(QUESTION), [Hit(short, Scores())], lambda _, part: (part.start, part.end + 9))) == (
        []
        if text.count("\n") == 1
        else [Candidate(Hit(short, Scores()), 0, text.rindex("\n"), Role.BODY, leans=False, listed=True)]
    )


def test_cautions_come_along_in_prose_too() -> None:
    both = passage(
        ("Drug", DRUGS),
        ("Adverse reactions and cautions", "Do not use topical drugs in perforation of the drum."),
        section=(),
    )
    assert found(both) == [DRUGS, "Do not use topical drugs in perforation of the drum."]


def test_of_a_long_section_the_cautions_are_kept() -> None:
    drugs = [(f"Drug {n}", f"Drug number {n} here\nAnother one {n}") for n in range(8)]
    texts = [one.text for one in chosen(passage(*drugs, ("Cautions", "Not in pregnancy at all\nNot in children")))]
    assert len(texts) == MAX_CLAIMS
    assert texts[-1] == "Not in pregnancy at all\nNot in children"


def test_a_caution_answers_by_itself_where_it_names_what_is_asked() -> None:
    of = passage(
        ("Cautions", "Isotretinoin: contraindicated during pregnancy\nIt dries the skin of many"), title="Acne vulgaris"
    )
    hits = [Hit(of, Scores())]
    told = [one.text for one in items(plan("isotretinoin in pregnancy"), hits)]
    assert told == ["Isotretinoin: contraindicated during pregnancy"]
    assert not [*items(plan("What are the complications of acne?"), hits)]
    # A caution is no treatment of what it warns of.
    assert not [*items(plan("dry skin treatment"), hits)]


def test_the_harms_of_a_class_are_answered_by_the_list_of_its_drugs() -> None:
    harms = "Rifampicin: hepatitis, fever\nIsoniazid: polyneuropathy\nEthambutol: optic neuritis\nPill burden"
    hits = [Hit(passage(("Adverse reactions", harms), title="Tuberculosis"), Scores())]
    assert [one.text for one in lists(plan("side effects of anti-TB drugs"), hits)] == [harms]
    assert [one.text for one in lists(plan("side effects of statins"), hits)] == []
    assert [one.text for one in items(plan("side effects of ethambutol"), hits)] == ["Ethambutol: optic neuritis"]


def test_a_line_whose_label_names_all_that_is_asked_about_answers_for_it() -> None:
    worms = "Hookworm: albendazole 400 mg once\nAscaris: mebendazole 100 mg\nScalp lesions: clobetasol"
    hits = [Hit(passage(("Drug", worms), title="Helminthiasis"), Scores())]
    assert [one.text for one in items(plan("treatment of hookworm"), hits)] == ["Hookworm: albendazole 400 mg once"]
    assert [one.text for one in items(plan("treatment of ringworm of the scalp"), hits)] == []
    assert [one.text for one in items(plan("complications of hookworm"), hits)] == []


def test_the_dose_of_a_drug_is_its_lines_and_not_the_list_around_them() -> None:
    lost = "Every day 2 - 4 g daily"  # of a drug whose name was lost
    regimens = f"{lost}\nCiprofloxacin: 500 mg twice daily\nCiprofloxacin (elderly): 250 mg\nChloramphenicol: 1 g daily"
    of = passage(("Drug", regimens), title="Typhoid")
    asked = chosen(of, question="ciprofloxacin dose in typhoid")
    assert [one.text for one in asked] == ["Ciprofloxacin: 500 mg twice daily", "Ciprofloxacin (elderly): 250 mg"]
    assert [one.text for one in chosen(of, question="How is typhoid treated?")] == [regimens]


def test_a_dose_under_a_label_of_its_own_is_not_parted_from_it() -> None:
    regimens = "Early:\nCiprofloxacin: 500 mg once daily\nLate:\nCiprofloxacin: 500 mg daily for three weeks"
    of = passage(("Drug", regimens), title="Typhoid")
    assert [one.text for one in chosen(of, question="ciprofloxacin dose in typhoid")] == [regimens]


def test_a_dose_for_what_only_the_rest_of_the_list_names_is_answered_by_the_list() -> None:
    regimens = "Spironolactone 25 mg twice daily\nAlbumin in ascites that persists"
    of = passage(("Drug", regimens), title="Liver cirrhosis")
    assert [one.text for one in chosen(of, question="spironolactone dose in cirrhosis with ascites")] == [regimens]


def test_a_dose_asked_for_alone_is_answered_by_the_lines_of_the_drug() -> None:
    regimens = "Phenytoin: 15 mg/kg slowly\nChild: loading dose 20 mg/kg\nParaldehyde by injection"
    of = passage(("Drug", regimens), title="Seizures")
    hits = [Hit(of, Scores())]
    told = [one.text for one in items(plan("loading dose of phenytoin"), hits)]
    assert told == ["Phenytoin: 15 mg/kg slowly\nChild: loading dose 20 mg/kg"]
    assert not [*items(plan("eclampsia phenytoin dose"), hits)]  # for something else, even if no list knows what it is
    assert not [*items(plan("dose of paraldehyde"), hits)]  # of which no dose is there


@pytest.mark.parametrize(
    ("question", "drugs", "fits"),
    [
        ("dose of quinine in malaria", "Artesunate: 2.4 mg/kg daily\nQuinine is an alternative", False),
        ("dose of quinine in malaria", "Artesunate is preferred\nQuinine: 600 mg every 8 hours", True),
        ("dose of quinine in malaria", "Quinine\nAdult: 600 mg every 8 hours", True),
        ("dose of quinine in malaria", "Quinine\nArtesunate: 2.4 mg/kg daily", False),
    ],
)
def test_a_dose_is_one_of_the_drug_asked_for(question: str, drugs: str, fits: bool) -> None:
    found = [one.text for one in chosen(passage(("Drug", drugs)), question=question)]
    assert bool(found) is fits
    assert all(text in drugs for text in found)


@pytest.mark.parametrize(
    "heading",
    [
        "Regimens for persons with HIV",
        "Suppressive therapy",
        "Regimens in penicillin allergy",
        "Treatment of sex partners",
        "Latent malaria: treatment",
        "Drug-resistant malaria: treatment",
        "Treatment of preterm babies",
    ],
)
def test_a_list_headed_for_others_is_no_answer(heading: str) -> None:
    assert chosen(passage((heading, DRUGS))) == []


def test_newborns_are_not_children() -> None:
    newborn = passage(("Drug", DRUGS), title="Malaria in the Newborn")
    assert chosen(newborn, question="How is malaria treated in children?") == []
    assert chosen(newborn, question="How is malaria treated in newborns?") != []


def test_a_patient_has_an_age_and_a_sex() -> None:
    assert chosen(passage(("Drug", DRUGS)), question="How is malaria treated in a 45-year-old man?") != []


def test_what_is_not_in_force_or_speaks_to_the_reader_is_in_no_list() -> None:
    assert found(passage(("Drug", "In 2001 chloroquine was recommended\nChloroquine 600 mg"))) == []


def test_hepatitis_is_no_liver_and_cervicitis_no_cervix() -> None:
    assert found(passage(("Drug", DRUGS), title="Cervical Cancer"), "How is cervicitis treated?") == []
    assert found(passage(("Drug", DRUGS), title="Cervicitis"), "How is cervicitis treated?") == [DRUGS]


def test_the_place_of_a_list_is_its_title_and_headings() -> None:
    of = passage(("Drug", DRUGS))
    assert place_of(of, 0, len(DRUGS)) == "Malaria › Treatment › Drug"
    assert place_of(of, 3, len(DRUGS)) is None
    assert place_of(passage(("Drug", "Malaria is treated with quinine.")), 0, 32) is None


class Alike:
    """An embedder to which texts that name the matter are near the question, and no two texts are alike."""

    name, dimension = "bge-small-en-v1.5-int8", 64

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_passages(self, texts: list[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            if text not in self.texts:
                self.texts.append(text)
            near = 0.8 if "Malaria" in text else 0.3
            row[0], row[1 + self.texts.index(text)] = near, (1 - near**2) ** 0.5
        return rows

    def embed_query(self, text: str) -> Vectors:
        return np.eye(1, self.dimension, dtype=np.float32)[0]


def chosen(*passages: Passage, question: str = QUESTION) -> list[Candidate]:
    planned = plan(question)
    hits = [Hit(each, Scores(dense=0.75, fused=0.8)) for each in passages]
    composed = compose(planned, hits, dict.fromkeys(planned.terms, 5), SentenceVectors(Alike()))  # type: ignore[arg-type]
    return [each.candidate for each in composed.chosen]


def test_all_that_a_guideline_lists_on_the_matter_comes_together_in_its_order() -> None:
    fluids = passage(("Supportive measures", "Fluids\nOxygen where needed"), number=2)
    drugs = passage(("Drug", DRUGS), number=1)
    assert [one.text for one in chosen(fluids, drugs)] == ["Fluids\nOxygen where needed", DRUGS]  # as they were found
    later = passage(("Supportive measures", "Fluids\nOxygen where needed"), number=2)
    object.__setattr__(later, "start", 500)
    assert [one.text for one in chosen(later, drugs)] == [DRUGS, "Fluids\nOxygen where needed"]


def test_an_item_is_not_quoted_beside_its_list() -> None:
    of = passage(("Drug", "Malaria is treated with artesunate in hospitals.\nQuinine is an alternative to it."))
    assert [one.text for one in chosen(of)] == [of.text]


def test_lists_never_fill_more_than_an_answer_holds() -> None:
    many = [passage((f"Drug {n}", f"Drug number {n} here\nAnother one {n}"), number=n) for n in range(10)]
    assert len(chosen(*many)) == MAX_CLAIMS


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("Malaria in the Newborn", QUESTION),
        ("Malaria in Pregnancy", QUESTION),
        ("Chronic Malaria", "How is acute malaria treated?"),
    ],
)
def test_a_list_for_others_or_for_another_stage_is_no_answer(title: str, question: str) -> None:
    assert chosen(passage(("Drug", DRUGS), title=title), question=question) == []


def test_a_list_for_several_ages_answers_for_each_of_them() -> None:
    both = passage(
        ("Drug", "Adults 18 years and older: 600 mg of quinine\nChildren under 12 years: 10 mg/kg of quinine")
    )
    child = "How is malaria treated in a 6-year-old child?"
    assert [one.text for one in chosen(both, question=child)] == [both.text]
    adults = passage(("Drug", "Adults 18 years and older: 600 mg of quinine\nAnd above 40 years: 300 mg of quinine"))
    assert chosen(adults, question=child) == []


def test_the_dose_for_another_age_is_not_shown() -> None:
    of = passage(("Drug", "Doxycycline: Adult: 200 mg daily, Child: 12 - 18 years, 100 mg daily"), title="Cholera")
    for age, shown in (("5-year-old", False), ("15-year-old", True), ("40-year-old", True), ("8-month-old", False)):
        assert bool(chosen(of, question=f"dose of doxycycline for a {age} with cholera")) is shown, age


def test_a_volume_is_for_what_it_is_for() -> None:
    anaemia = "When severe anaemia occurs, single volume exchange transfusion with 80 mL/kg of blood is recommended."
    jaundice = "Double volume exchange transfusion of 160 mL/kg of blood is given in jaundice."
    of = passage(("Treatment", f"{anaemia} {jaundice}"), title="Blood transfusion in the newborn")
    plans = plan("What volume of blood for exchange transfusion in neonatal jaundice?")
    faults = {one.text: [*misfits(plans, one)] for one in candidates([Hit(of, Scores())])}
    assert faults == {anaemia: ["jaundice"], jaundice: []}


@given(st.text(alphabet="ab.:,| \n•–", max_size=120))
def test_whatever_a_part_holds_a_list_is_a_stretch_of_it(text: str) -> None:
    of = passage(("Drug", text or "x"))
    for one in lists(plan(QUESTION), [Hit(of, Scores())]):
        assert of.text[one.start : one.end] == one.text != ""


def test_advice_stands_before_what_its_guideline_says_around_it() -> None:
    advice, around = (
        "Malaria should be treated with drugs at once.",
        "Malaria should be treated by those who know malaria well.",
    )
    one = passage(("Recommendation", advice), role=Role.RECOMMENDATION, section=())
    object.__setattr__(one.parts[0], "grade", "B")
    other = passage(("Discussion", around), section=(), number=1)
    first, *_ = chosen(other, one, question="Should malaria be treated?")
    assert first.text == advice


def test_who_asks_for_a_body_is_answered_by_its_lists_alone() -> None:
    of_nobody = passage(("Drug", DRUGS))
    assert chosen(of_nobody, question="Which drugs does WHO recommend for malaria?") == []
    assert chosen(of_nobody, question="Which drugs are recommended for malaria?") != []


def test_on_treatment_what_a_statement_on_screening_says_gives_way_to_a_list() -> None:
    screening = passage(
        ("", "Malaria is treated with drugs that are at hand."), title="Malaria: Screening", section=(), number=1
    )
    assert [one.text for one in chosen(screening, passage(("Drug", DRUGS)))] == [DRUGS]


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("when to refer CKD to nephrologist", "Stage 3-5: Refer to Nephrologist"),
        ("nimodipine in CKD", "Nimodipine is given for vasospasm"),
        ("what is the haemoglobin target in CKD", "Keep the haemoglobin at 11 - 12 g/dL"),
    ],
)
def test_a_line_that_says_it_all_by_itself_answers(question: str, line: str) -> None:
    text = f"Salt restriction\n{line}\nSmoking cessation"
    hits = [Hit(passage(("Non drug", text), title="Chronic kidney disease (CKD)"), Scores())]
    assert [one.text for one in items(plan(question), hits)] == [line]
    assert [*items(plan("when to refer CKD to urologist"), hits)] == []
    elsewhere = [Hit(passage(("Non drug", text), title="Malaria"), Scores())]
    assert [*items(plan(question), elsewhere)] == []


def test_a_line_under_a_case_is_not_for_all() -> None:
    text = "Salt restriction\nIf on dialysis:\nRefer to a nephrologist"
    hits = [Hit(passage(("Non drug", text), title="Chronic kidney disease (CKD)"), Scores())]
    assert [*items(plan("when to refer CKD to nephrologist"), hits)] == []


@pytest.mark.parametrize(
    "line",
    [
        "Paracetamol: Infants under 3 months should not be given paracetamol",
        "Paracetamol is contraindicated in liver failure",
        "Avoid paracetamol in liver failure",
    ],
)
def test_who_asks_for_a_dose_is_told_that_it_is_not_to_be_given(line: str) -> None:
    doses = "Paracetamol: Child: 3 months - 1 year: 60 - 125 mg"
    hits = [Hit(passage(("Drug", f"{doses}\n{line}"), title="Fever"), Scores())]
    told = [one.text for one in items(plan("paracetamol dose for fever in a 2 month old"), hits)]
    assert line in told
    assert not [one for one in items(plan("ibuprofen dose for fever"), hits) if one.text == line]


def test_no_contraindication_forbids_nothing() -> None:
    question = plan("paracetamol dose for fever")
    assert forbids_in(question, "Paracetamol is contraindicated in liver failure")
    assert not forbids_in(question, "There is no contraindication to paracetamol")
    assert not forbids_in(question, "Ibuprofen is contraindicated in liver failure")
    assert not forbids_in(plan("dose for fever"), "Paracetamol is contraindicated")


def test_what_is_said_against_a_class_is_said_against_its_members() -> None:
    against = "Do not use beta blockers in asthmatics."
    of = passage(("Adverse reactions and cautions", against), title="Hypertension")
    asked = plan("dose of propranolol in asthma")
    assert [[*misfits(asked, one)] for one in candidates([Hit(of, Scores())])] == [[]]
    for question in ("can I give propranolol in asthma", "dose of propranolol in asthma"):
        listed = passage(
            ("Adverse reactions and cautions", f"{against[:-1]}\nThiazides raise glucose"), title="Hypertension"
        )
        assert [one.text for one in items(plan(question), [Hit(listed, Scores())])] == [against[:-1]]
    for other in ("dose of amlodipine in asthma", "dose of propranolol in gout"):
        assert [*misfits(plan(other), next(candidates([Hit(of, Scores())])))]
    given = passage(("Drug", "Beta blockers are used in asthmatics with angina."), title="Hypertension")
    assert [*misfits(asked, next(candidates([Hit(given, Scores())])))]  # what is said for a class is not said for each


def test_what_is_not_prescribed_is_not_forbidden() -> None:
    opioids = plan("can opioids be given to children?")
    assert forbids_in(opioids, "Opioids should not be prescribed for children.")
    assert not forbids_in(opioids, "Opioids may be shared with children, for whom they are not prescribed.")


def test_a_dose_for_adults_is_none_for_infants_whatever_it_does_for_children() -> None:
    of = passage(
        ("Drug", "Vitamin A: Adult - 3,000 microgram daily, which lowers child mortality rates by 35 - 70%"),
        title="Vitamin A deficiency",
    )
    assert chosen(of, question="vitamin A dose for infant 9 months") == []
    assert chosen(of, question="vitamin A dose for a 30-year-old") != []
    both = passage(
        ("Drug", "Vitamin A: Adult - 3,000 microgram daily; Child: 600 microgram"), title="Vitamin A deficiency"
    )
    assert chosen(both, question="vitamin A dose for infant 9 months") != []
