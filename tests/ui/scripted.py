"""A scripted assistant: answers built from the real models, hostile text among them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from assistant.answer import Answer, Citation, Claim, Source, TraceStep, Versions
from assistant.answer import Warning as AnswerWarning
from assistant.conversation.reading import read
from assistant.conversation.rewritten import Rewritten
from assistant.conversation.turns import Conversation
from assistant.errors import NotFoundError, QuestionError
from assistant.progress import Progress
from indexes.passage import Kind, Part, Passage, Role

HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> ![pixel](http://evil.example/p.png) '
    "[click](javascript:window.hacked=1) [also](http://evil.example/) $x^2$ **bold** `code` <b>tag</b> "
    + "pneumonoultramicroscopicsilicovolcanoconiosis" * 6
    + " http://evil.example/auto 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 😷 :::warning"
)
"""What a poisoned document could hold."""

PASSAGES = {
    passage.passage_id: passage
    for passage in (
        Passage(
            passage_id="guideline:who/hypertension-2021@1#4",
            document_id="guideline:who/hypertension-2021@1",
            kind=Kind.GUIDELINE,
            text=(
                "Recommendation on blood pressure threshold for initiation of pharmacological treatment. "
                "WHO recommends initiation of pharmacological antihypertensive treatment of individuals with a "
                "confirmed diagnosis of hypertension and systolic blood pressure of ≥140 mmHg or diastolic blood "
                "pressure of ≥90 mmHg. Treatment should be started no later than four weeks following diagnosis. "
                "If blood pressure is high or there is accompanying evidence of end-organ damage, treatment should "
                "be started without delay."
            ),
            start=0,
            end=480,
            title="Guideline for the pharmacological treatment of hypertension in adults",
            section=("Recommendations", "Blood pressure threshold"),
            parts=(
                Part(
                    0,
                    480,
                    Role.RECOMMENDATION,
                    "",
                    "Strong, moderate- to high-certainty evidence",
                    "strong",
                    "moderate to high",
                    "individuals with a confirmed diagnosis of hypertension",
                ),
            ),
            year=2021,
            evidence_level="guideline",
            url="https://www.who.int/publications/i/item/9789240033986",
            page=11,
        ),
        Passage(
            passage_id="pubmed:26551272#1",
            document_id="pubmed:26551272",
            kind=Kind.LITERATURE,
            text=(
                "BACKGROUND: The most appropriate targets for systolic blood pressure to reduce cardiovascular "
                "morbidity and mortality remain uncertain. CONCLUSIONS: Among patients at high risk for cardiovascular "
                "events but without diabetes, targeting a systolic blood pressure of less than 120 mm Hg, as compared "
                "with less than 140 mm Hg, resulted in lower rates of major cardiovascular events."
            ),
            start=0,
            end=400,
            title="A Randomized Trial of Intensive versus Standard Blood-Pressure Control",
            section=("Abstract",),
            year=2015,
            evidence_level="2",
            url="https://pubmed.ncbi.nlm.nih.gov/26551272/",
        ),
        Passage(
            passage_id="pubmed:66#1",
            document_id="pubmed:66",
            kind=Kind.LITERATURE,
            text=f"Before the words. {HOSTILE} After the words.",
            start=0,
            end=900,
            title=f"Poisoned {HOSTILE}",
            section=(HOSTILE,),
            year=None,
            url="javascript:window.hacked=1",
        ),
    )
}


def cite(passage_id: str, quote: str) -> Citation:
    """A citation of `quote` where it stands in the passage."""
    passage = PASSAGES[passage_id]
    start = passage.text.index(quote)
    return Citation(
        passage_id=passage_id,
        document_id=passage.document_id,
        quote=quote,
        start=start,
        end=start + len(quote),
        support=0.97,
    )


def source(passage_id: str, status: str = "current", **identifiers: str) -> Source:
    """The source of a passage."""
    passage = PASSAGES[passage_id]
    return Source(
        document_id=passage.document_id,
        kind=passage.kind.value,
        title=passage.title,
        url=passage.url,
        year=passage.year,
        evidence_level=passage.evidence_level,
        status=status,
        identifiers=identifiers,
    )


def make_answer(question: str, **changes: object) -> Answer:
    """An answer with what every answer has."""
    fields: dict[str, object] = {
        "question": question,
        "abstained": False,
        "reason": None,
        "rationale": "Searched guidelines, literature and trials; 24 passages read, 2 sentences kept.",
        "claims": [],
        "sources": [],
        "warnings": [],
        "trace": [TraceStep(step="search", tool="library", hits=24, ms=41.3), TraceStep(step="verify", ms=3.0)],
        "timings_ms": {"total": 52.0},
        "versions": Versions(citewell="0.1.0", index="starter-1", embedder="bge-small-en-v1.5-int8"),
    }
    return Answer.model_validate(fields | changes)


THRESHOLD = (
    "WHO recommends initiation of pharmacological antihypertensive treatment of individuals with a confirmed diagnosis "
    "of hypertension and systolic blood pressure of ≥140 mmHg or diastolic blood pressure of ≥90 mmHg."
)
DELAY = "Treatment should be started no later than four weeks following diagnosis."
INTENSIVE = (
    "Among patients at high risk for cardiovascular events but without diabetes, targeting a systolic blood pressure of "
    "less than 120 mm Hg, as compared with less than 140 mm Hg, resulted in lower rates of major cardiovascular events."
)
WHO = "guideline:who/hypertension-2021@1#4"
SPRINT = "pubmed:26551272#1"
POISON = "pubmed:66#1"


def hypertension(question: str) -> Answer:
    """An ordinary answer: three sentences, two sources, one warning."""
    return make_answer(
        question,
        claims=[
            Claim(text=THRESHOLD, support=0.97, citations=[cite(WHO, THRESHOLD)], findings=["Words verbatim."]),
            Claim(text=DELAY, support=0.97, citations=[cite(WHO, DELAY)]),
            Claim(text=INTENSIVE, support=0.95, citations=[cite(SPRINT, INTENSIVE)], findings=["Numbers agree."]),
        ],
        sources=[
            source(WHO),
            source(SPRINT, "corrected", pmid="26551272", doi="10.1056/NEJMoa1511939"),
        ],
        warnings=[
            AnswerWarning(
                kind="corrected",
                document_id="pubmed:26551272",
                text="This article was corrected after publication. Read the correction before relying on it.",
            )
        ],
    )


def hostile(question: str) -> Answer:
    """An answer in which every text field is poisoned."""
    return make_answer(
        question,
        rationale=HOSTILE,
        claims=[Claim(text=HOSTILE, support=0.5, findings=[HOSTILE], citations=[cite(POISON, HOSTILE)])],
        sources=[source(POISON, "retracted", pmid=HOSTILE)],
        warnings=[AnswerWarning(kind="retracted", document_id="pubmed:66", text=HOSTILE)],
    )


class ScriptedAssistant:
    """Answers by key words of the question."""

    async def stream(
        self, question: str, *, conversation: Conversation | None = None
    ) -> AsyncIterator[Progress | Answer]:
        """Two steps, then the scripted answer, read after the conversation as the real assistant does."""
        typed = question
        reading = (
            await read(question, conversation, None) if conversation and conversation.turns else Rewritten(question)
        )
        question = reading.question
        if not question.strip():
            raise QuestionError("The question is empty. Type a question and ask again.")
        if len(question) > 4_000:
            raise QuestionError(f"The question has {len(question)} characters; at most 4000 are read. Shorten it.")
        yield Progress("search", "Searching guidelines, literature and trials")
        await asyncio.sleep(0.3)
        yield Progress("verify", "Checking each sentence against its source")
        await asyncio.sleep(0.1)
        if "crash" in question:
            raise ZeroDivisionError(f"secret of {question}")
        if reading.changed or reading.why:
            said = {"asked": typed if reading.changed else None, "asked_note": reading.why or None}
            yield hypertension(question).model_copy(update=said)
        elif "poison" in question:
            yield hostile(question)
        elif "dragon" in question:
            reason = "Nothing in the library speaks of dragons. Searched: 30 guidelines, 80 studies, 40 trials."
            yield make_answer(question, abstained=True, reason=reason)
        else:
            yield hypertension(question)

    def passage(self, passage_id: str) -> Passage:
        """The passage of a citation."""
        try:
            return PASSAGES[passage_id]
        except KeyError:
            raise NotFoundError(f"No passage {passage_id}.") from None
