"""Near is not enough: sibling drugs, other people, other facts. Each case is a wrong answer that a reviewer once got."""

from __future__ import annotations

import pytest

from assistant.composing.candidates import Candidate, candidates
from assistant.composing.fit import misfits, screens_only
from assistant.composing.people import special_people
from assistant.planning.rules import plan
from indexes.passage import Hit, Kind, Part, Passage, Role


def _candidate(text: str, title: str = "", kind: Kind = Kind.LITERATURE, role: Role = Role.CONCLUSION) -> Candidate:
    passage = Passage("pubmed:1#0", "pubmed:1", kind, text, 0, len(text), title, parts=(Part(0, len(text), role),))
    (found,) = candidates([Hit(passage)])
    return found


@pytest.mark.parametrize(
    ("question", "sentence", "title", "fits"),
    [
        (
            "apixaban atrial fibrillation",
            "Edoxaban lowered strokes in atrial fibrillation.",
            "Edoxaban for stroke",
            False,
        ),
        ("apixaban in AF", "Edoxaban bled less than apixaban in atrial fibrillation.", "Edoxaban for stroke", False),
        ("DOAC in atrial fibrillation", "Edoxaban lowered strokes in atrial fibrillation.", "", True),
        ("empagliflozin for type 1 diabetes", "In type 2 diabetes empagliflozin saved lives again.", "", False),
        ("empagliflozin HFpEF", "Empagliflozin lowers heart failure admissions and deaths.", "", False),
        (
            "SGLT2 in heart failure without diabetes",
            "In diabetes SGLT2 inhibitors lower heart failure admissions.",
            "",
            False,
        ),
        (
            "SGLT2 in heart failure without diabetes",
            "SGLT2 inhibitors help heart failure patients without diabetes.",
            "",
            True,
        ),
        ("opioids for cancer pain", "For chronic non-cancer pain opioids may relieve pain somewhat.", "", False),
        ("sertraline in pregnancy", "Sertraline relieves depression better than placebo does.", "", False),
        (
            "what percentage of adults have prediabetes",
            "Prediabetes is more common in adults over 45 years.",
            "",
            False,
        ),
        ("what percentage of adults have prediabetes", "Of adults 34.5% meet criteria for prediabetes.", "", True),
        (
            "what grade does the panel assign to its recommendation on statins",
            "Statins are for adults at risk (B recommendation).",
            "",
            True,
        ),
        (
            "what grade does the panel assign to its recommendation on statins",
            "The panel recommends statins for adults at risk.",
            "",
            False,
        ),
        ("when was the guideline on statins updated", "Statins prevent strokes in most adults at risk.", "", False),
        (
            "which class of diuretics is recommended in gout",
            "Offer a diuretic other than a thiazide in gout.",
            "",
            True,
        ),
        ("what percentage of adults have gout", "Gout is treated with a dose of 850 mg in adults.", "", False),
        ("which groups have a higher prevalence of gout", "Gout is more prevalent in men than in women.", "", True),
        ("what treats early latent syphilis", "Late latent syphilis is treated with three doses of it.", "", False),
        ("what treats early latent syphilis", "Early and late latent syphilis are treated alike.", "", True),
        ("what treats latent syphilis", "Late latent syphilis is treated with three doses of it.", "", True),
        ("treatment of gonorrhea", "Newborns with gonorrhea are given a single dose of it.", "", False),
        ("treatment of syphilis in HIV", "HIV-infected persons with syphilis are given a dose of it.", "", True),
        ("treatment of syphilis", "HIV-infected persons with syphilis are given a dose of it.", "", False),
        ("treatment of syphilis", "Where many have HIV syphilis is treated with a dose of it.", "", True),
        ("treatment of gonorrhea in newborns", "Newborns with gonorrhea are given a single dose of it.", "", True),
        ("statin in an 82-year-old", "Persons who smoke may benefit from a statin started at age 40.", "", True),
        ("statin in a 35-year-old", "Persons who smoke may benefit from a statin started at age 40.", "", False),
        ("breast cancer screening in men", "Screen women for breast cancer every two years.", "", False),
        ("statin in a 15-year-old", "Prescribe a statin to adults aged 40 to 75 years at risk.", "", False),
        ("statin in a 52-year-old", "Prescribe a statin to adults aged 40 to 75 years at risk.", "", True),
        ("escitalopram for elderly patients", "Escitalopram is approved for ages 12 to 17 years.", "", False),
        ("dexamethasone for an adult with asthma", "In children with asthma dexamethasone works as well.", "", False),
        ("fluoxetine suicide risk", "Fluoxetine brought a response in most of the patients.", "", False),
        ("what is the dose of lisinopril", "Lisinopril lowered mortality by 8% in heart failure.", "", False),
        ("what is the dose of spironolactone", "Adding spironolactone 25 mg daily saves many lives.", "", True),
        (
            "how often should blood pressure be measured",
            "Measure the blood pressure of all adults once a year.",
            "",
            True,
        ),
        (
            "how often should blood pressure be measured",
            "Measure blood pressure in both arms before treatment.",
            "",
            False,
        ),
    ],
)
def test_a_sentence_fits_or_not(question: str, sentence: str, title: str, fits: bool) -> None:
    assert (not list(misfits(plan(question), _candidate(sentence, title)))) is fits


def test_do_not_answers_a_question_for_the_dose() -> None:
    advice = _candidate(
        "Do not start low-dose aspirin in adults of 60 years or older.", kind=Kind.GUIDELINE, role=Role.RECOMMENDATION
    )
    assert not list(misfits(plan("what dose of aspirin should a 70-year-old start?"), advice))


def test_children_who_were_not_asked_about_are_noted() -> None:
    sentence = _candidate("In children with asthma a short course of dexamethasone works as well.")
    assert special_people(plan("dexamethasone in asthma"), sentence)
    assert not special_people(plan("dexamethasone in a child with asthma"), sentence)


@pytest.mark.parametrize(
    ("question", "special"),
    [
        ("Does budesonide help in asthma?", True),
        ("Does budesonide help in childhood asthma?", False),
        ("Does budesonide help children with asthma?", False),
    ],
)
def test_children_are_special_only_where_the_question_is_not_about_them(question: str, special: bool) -> None:
    sentence = _candidate("Budesonide lowered the rate of asthma attacks in children by a third.")
    assert special_people(plan(question), sentence) is special


@pytest.mark.parametrize(
    ("sentence", "fits"),
    [
        ("For adults of 76 years or older without cardiovascular disease, a statin is of unknown value.", True),
        ("For adults of 76 years or older without a stroke, a statin is of unknown value.", False),
        ("For adults of 76 years or older with cardiovascular disease, a statin is of value.", False),
    ],
)
def test_without_a_condition_is_met_under_its_other_names(sentence: str, fits: bool) -> None:
    question = plan("Does a statin help people over 75 without heart disease?")
    assert (not any(misfits(question, _candidate(sentence)))) is fits


@pytest.mark.parametrize(
    ("question", "sentence", "title", "fits"),
    [
        # letters and numbers that tell things of a kind apart
        (
            "How is vitamin A deficiency treated?",
            "Vitamin K is given to treat the deficiency at birth.",
            "Vitamin K",
            False,
        ),
        ("Does vitamin D prevent falls?", "Vitamins A and D did not prevent falls at all.", "", True),
        ("How is influenza B treated?", "Influenza A is treated with oseltamivir for five days.", "", False),
        ("How is influenza B treated?", "Influenza is treated with oseltamivir for five days.", "", True),
        ("Does influenza B vaccine help?", "Vaccines against influenza A, B and C help all of them.", "", True),
        ("Is factor V given in bleeding?", "Factor VIII is given in bleeding of every sort.", "", False),
        ("Does vitamin B help neuropathy?", "Vitamin B12 helps people with neuropathy a little.", "", True),
        # whom a regimen is for
        ("Doxycycline dose in LGV?", "Sex partners are treated with doxycycline 100 mg twice daily.", "LGV", False),
        ("Isoniazid dose in tuberculosis?", "Isoniazid 300 mg daily treats latent tuberculosis well.", "", False),
        ("Isoniazid dose to prevent tuberculosis?", "Isoniazid 300 mg daily treats latent tuberculosis.", "", True),
        # before and after exposure, and those who are ill
        (
            "When is antiretroviral therapy begun in HIV?",
            "PrEP is antiretroviral therapy against HIV infection.",
            "",
            False,
        ),
        ("Who needs antiretroviral therapy to prevent HIV?", "PrEP is antiretroviral therapy for HIV risk.", "", True),
        ("Rabies vaccine after a dog bite?", "Pre-exposure rabies vaccine is given on days 0 and 7.", "", False),
        ("Rabies vaccine after a dog bite?", "Post-exposure rabies vaccine is given on days 0 and 7.", "", True),
        (
            "What are the harms of colonoscopy?",
            "Harms of colonoscopy are bleeding and those of the bowel prep.",
            "",
            True,
        ),
        (
            "Schedule of rabies PEP vaccine?",
            "Where PEP is far, give pre-exposure rabies vaccine on days 0 and 7.",
            "",
            False,
        ),
        # people without a condition, and those for whom it is prevented
        (
            "Aspirin in adults without CVD?",
            "Do not start aspirin for primary prevention of cardiovascular disease.",
            "",
            True,
        ),
        ("Aspirin in adults without CVD?", "Aspirin is for adults without known cardiovascular disease.", "", True),
        ("Aspirin in adults without CVD?", "Aspirin is for secondary prevention of cardiovascular disease.", "", False),
        # ages: no woman of 70 is pregnant, and adolescents beside adults are not all
        ("HIV test in a 70 year old", "Offer an HIV test to all pregnant persons at any time.", "", False),
        (
            "HIV test in a 30 year old pregnant woman",
            "Offer an HIV test to all pregnant persons at any time.",
            "",
            True,
        ),
        ("Syphilis test in a 25 year old man", "Offer a syphilis test to adolescents and adults at risk.", "", True),
        ("Syphilis test in a 25 year old man", "Offer a syphilis test to adolescents at increased risk.", "", False),
        # what a dose is for, even where no list knows what that is
        ("Ceftriaxone dose in zibosis", "Give ceftriaxone 250 mg once daily in gonorrhoea.", "", False),
        ("Ceftriaxone dose in zibosis", "Give ceftriaxone 250 mg once daily.", "Zibosis of the mouth", True),
        # how often is said of the drug beside it
        (
            "How often is zibotentan injected?",
            "Against daily oral aspirin, zibotentan prevented all strokes.",
            "",
            False,
        ),
        ("How often is zibotentan injected?", "Zibotentan is injected every six months, aspirin is not.", "", True),
        # people who are not what others are
        ("Syphilis treatment, not pregnant", "In pregnancy syphilis is treated with penicillin.", "", False),
        ("Syphilis treatment, not pregnant", "In nonpregnant people syphilis is treated with doxycycline.", "", True),
        ("Lung cancer screening in never smokers", "Screen adults who smoke for lung cancer each year.", "", False),
        ("Salbutamol in a child under 18 months", "Salbutamol 2.5 mg for adult and child over 18 months.", "", False),
        ("Salbutamol in a child under 18 months", "Salbutamol 1.25 mg for a child under 18 months.", "", True),
        # kinds of regimens
        (
            "Herpes suppressive treatment with aciclovir?",
            "In severe herpes give aciclovir by vein for days.",
            "",
            False,
        ),
        (
            "What are contraindications to metformin?",
            "Start metformin, except where contraindications exist.",
            "",
            False,
        ),
        ("What are contraindications to metformin?", "Avoid metformin in people with poor kidney function.", "", True),
        # what is left after surgery
        ("Who needs a Pap test?", "Women who have had a hysterectomy do not need a Pap test.", "", False),
        ("Pap test after a hysterectomy?", "Women who have had a hysterectomy do not need a Pap test.", "", True),
        # where it only points to something else
        ("How is chlamydia treated?", "Erythromycin and azithromycin are used (see chlamydia).", "Chancroid", False),
    ],
)
def test_what_is_said_of_others_does_not_fit(question: str, sentence: str, title: str, fits: bool) -> None:
    faults = list(misfits(plan(question), _candidate(sentence, title)))
    assert (not faults) is fits, faults


@pytest.mark.parametrize(
    ("question", "sentence", "heading", "tells"),
    [
        ("What are the complications of typhoid?", "Typhoid may lead to perforation of the bowel.", "", True),
        ("What are the complications of typhoid?", "A culture is the best test for typhoid fever.", "", False),
        (
            "What are the complications of typhoid?",
            "Perforation of the bowel in typhoid, or bleeding.",
            "Complications",
            True,
        ),
        ("How is typhoid treated?", "Typhoid is spread by water and by unclean hands.", "", False),
        ("How is typhoid treated?", "Typhoid is treated with azithromycin for a week.", "", True),
        (
            "What prevents breast cancer: tamoxifen?",
            "Use tamoxifen 20 mg daily in breast cancer before menopause.",
            "",
            False,
        ),
        ("Does typhoid have complications?", "A culture is the best test for typhoid fever.", "", True),  # yes or no
    ],
)
def test_a_guidelines_sentence_tells_of_what_is_asked_for(
    question: str, sentence: str, heading: str, tells: bool
) -> None:
    part = Part(0, len(sentence), Role.BODY, heading)
    of = Passage(
        "guideline:x/1#0", "guideline:x/1", Kind.GUIDELINE, sentence, 0, len(sentence), "Typhoid", parts=(part,)
    )
    (candidate,) = candidates([Hit(of)])
    assert (not list(misfits(plan(question), candidate))) is tells


def test_a_statement_on_screening_does_not_tell_how_to_treat() -> None:
    said = "Chlamydial infections respond to treatment with antibiotics."
    screening = _candidate(said, "Chlamydia and Gonorrhea: Screening", Kind.GUIDELINE, Role.BODY)
    assert screens_only(plan("How is chlamydia treated?"), screening)
    assert not screens_only(plan("How is chlamydia treated after screening?"), screening)
    assert not screens_only(plan("What is chlamydia?"), screening)
    assert not screens_only(plan("How is chlamydia treated?"), _candidate(said, "Chlamydia", Kind.GUIDELINE, Role.BODY))


def test_a_man_of_some_age_is_one_of_those_of_that_age() -> None:
    said = "Adults 50 years or older with hypertension should be given a thiazide."
    assert not list(misfits(plan("What should a 55-year-old man with hypertension be given?"), _candidate(said)))
    others = "Women 50 years or older with hypertension should be given a thiazide."
    assert list(misfits(plan("What should a 55-year-old man with hypertension be given?"), _candidate(others)))


def test_a_guideline_treats_a_disease_that_no_list_knows_only_where_it_names_it() -> None:
    question = plan("How is prostatitis treated in people with penicillin allergy?")
    sentence = "Treat people with penicillin allergy with doxycycline for two weeks."
    assert list(misfits(question, _candidate(sentence, "Syphilis", Kind.GUIDELINE))) == ["prostatitis"]
    assert not list(misfits(question, _candidate(sentence, "Prostatitis", Kind.GUIDELINE)))
