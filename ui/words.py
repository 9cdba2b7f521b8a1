"""The words of the page: what it is for, the first questions it offers, and what codes mean to a clinician."""

from __future__ import annotations

NAME = "Citewell"

WELCOME = (
    "**Citewell**\n\n"
    "**Clinical answers, each sentence cited to the exact words that carry it.**\n\n"
    "For health professionals. Supports your clinical judgement, does not replace it. Not for emergencies. "
    "Enter no patient identifiers."
)

FOOTER = (
    "Supports, does not replace, clinical judgement. For health professionals; not for emergencies. "
    "Enter no patient identifiers. Check the cited words."
)

INTENDED_USE = """\
**Citewell supports a clinician's judgement; it does not replace it.**

- **For health professionals.** It is not written for patients, and it gives no advice about one person's care.
- **Not for emergencies** or any decision that cannot wait for you to read the sources.
- **Enter no patient identifiers:** no names, dates of birth, record numbers or addresses.
- **Check the cited words.** Every sentence carries a number in brackets. Open it to read the passage with the
  words that carry the sentence marked, how strong that evidence is, whether the document still stands, and a link
  to the original.
- **It knows its library and nothing else.** Where the library holds nothing that supports an answer, it says so.
  A missing answer is not evidence that something is safe or does not work. A fresh installation knows only a small
  starter library of digests: hypertension, lipids and aspirin, atrial fibrillation, heart failure, type 2 diabetes,
  depression, opioids, asthma and COPD, colorectal and breast cancer, tuberculosis, HIV.
- **Each question stands alone:** a follow-up such as “and in pregnancy?” is completed from the question before, and
  the page shows how it was read; what cannot be completed with certainty is asked as it is. It remembers the last
  six questions of this chat, in memory only, until the chat ends. Type “open 2” to see source 2 of the last answer
  again.
- **Opinions do not move it:** who insists gets the answer from the same sources again.
- **It reads text only:** no images, no signals, no laboratory feeds.
"""

STARTERS = (
    ("AF: rate or rhythm", "Rate or rhythm control in atrial fibrillation: is there a difference in mortality?"),
    ("Aspirin over 60", "Should healthy adults over 60 start aspirin?"),
    ("Mammography", "How often should a 50-year-old woman have a screening mammogram?"),
    ("Heart failure: spironolactone", "Does spironolactone reduce mortality in severe heart failure?"),
    ("COPD: tiotropium", "Does tiotropium reduce exacerbations in COPD?"),
    ("Colorectal screening", "At what age should screening for colorectal cancer start in average-risk adults?"),
)

READ_AS = "Read as"
REOPENED = "Source [{number}] is open beside this."
NOT_ASKED = "That question could not be taken."
FAILED = "Something went wrong on our side."
FAILED_TEXT = (
    "No answer was made. Ask again; if it happens twice, tell the people who run this server the time at which it "
    "happened."
)

KINDS = {
    "guideline": "Guideline",
    "literature": "Study",
    "trial": "Trial registration",
    "calculator": "Calculation",
}

LEVELS = {
    "guideline": "Guideline recommendation",
    "1": "Evidence level 1 of 5: typically systematic reviews",
    "2": "Evidence level 2 of 5: typically randomised trials",
    "3": "Evidence level 3 of 5: typically non-randomised controlled studies",
    "4": "Evidence level 4 of 5: typically case series or case-control studies",
    "5": "Evidence level 5 of 5: mechanism-based reasoning or expert opinion",
    "registration": "Registered plan and data, not a peer-reviewed result",
    "calculation": "Computed by Citewell from the inputs, by a published formula",
    "unknown": "Evidence level not known",
}

STATUSES = {
    "current": "Current",
    "draft": "Draft, not final",
    "corrected": "Corrected after publication",
    "expression_of_concern": "Expression of concern",
    "superseded": "Superseded by a newer version",
    "retracted": "Retracted",
}

WARNINGS = {
    "emergency": "Possible emergency",
    "retracted": "Retracted",
    "expression_of_concern": "Expression of concern",
    "superseded": "Superseded",
    "draft": "Draft",
    "premise": "The question takes something for granted",
    "ocr": "Read from a scan",
    "preliminary": "Preliminary",
    "conflict": "Sources disagree",
    "corrected": "Corrected",
    "scope": "Outside intended use",
    "engine_fallback": "Simpler engine used",
}
"""Heading of each kind of warning, the gravest first: the page shows them in this order."""

GRAVE = frozenset({"emergency", "retracted", "expression_of_concern"})

IDENTIFIERS = {"pmid": "PMID", "pmcid": "PMCID", "doi": "DOI", "nct": "ClinicalTrials.gov", "isbn": "ISBN"}
