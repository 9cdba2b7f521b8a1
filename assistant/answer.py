"""The answer, as every door gives it: the JSON contract of the command line, the API, streaming and the evaluators."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Score = Annotated[float, Field(ge=0.0, le=1.0)]
TaskName = Literal["question_answering", "evidence_synthesis", "plain_language", "structuring", "summarising"]
EngineName = Literal["extractive", "llm"]
WarningKind = Literal[
    "retracted",
    "corrected",
    "expression_of_concern",
    "superseded",
    "draft",
    "preliminary",
    "ocr",
    "conflict",
    "premise",
    "scope",
    "emergency",
    "engine_fallback",
]


class Model(BaseModel):
    """Base of every public model: unknown fields are a mistake, values do not change once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(Model):
    """The exact words that carry a claim: `passage.text[start:end] == quote`, always."""

    passage_id: str
    document_id: str
    quote: str = Field(min_length=1)
    start: int = Field(ge=0, description="First character of the quote in the passage's text.")
    end: int = Field(ge=1, description="One past the last character of the quote in the passage's text.")
    support: Score


class Claim(Model):
    """One sentence of the answer, with at least one citation."""

    text: str = Field(min_length=1)
    support: Score = Field(description="The verifier's score that the cited words support the sentence.")
    findings: list[str] = Field(
        default_factory=list, description="What the verifier noted, in words; of a recommendation its grade."
    )
    context: str | None = Field(
        default=None,
        description="What the sentence leans on (“this drug”, “both groups”): words before it or the title, verbatim; or where it "
        "stands (headings of a list, which criterion of a trial). Never part of the quote.",
    )
    citations: list[Citation] = Field(min_length=1)


CertaintyLevel = Literal["high", "moderate", "low", "very low"]


class Participants(Model):
    """How many people were studied: the sentence that says so, `passage.text[start:end] == quote`; without one a registry's own field says it."""

    number: int = Field(ge=1)
    passage_id: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None


class Appraisal(Model):
    """How far one document can be trusted, read by rules from what it says of itself."""

    document_id: str
    design: str = Field(description="In words: `randomised trial`, `guideline`, `unknown`, …")
    design_quote: str | None = Field(
        default=None, description="The sentence that it was read from where neither the indexers nor the title say it."
    )
    evidence_level: str = Field(description="Of the design: as of a source, which goes by indexers and title alone.")
    participants: Participants | None = Field(default=None, description="`null` where it cannot be told for certain.")
    year: int | None
    status: str
    superseded_by: str | None = None
    preliminary: str | None = Field(default=None, description="Why it is: a preprint, a conference abstract, a plan.")
    abstract_only: bool = Field(description="Of an article only the abstract is held here.")
    grades: list[str] = Field(default_factory=list, description="A guideline's own grades, as printed.")
    starts: CertaintyLevel = Field(description="The certainty at which evidence of its design starts.")
    certainty: CertaintyLevel = Field(description="The certainty that it gives by itself.")
    reasons: list[str] = Field(default_factory=list, description="What set or lowered it.")


class Certainty(Model):
    """How certain the evidence is that an answer cites, in GRADE's words; read by rules, not judged by people."""

    level: CertaintyLevel
    starts: CertaintyLevel
    rests_on: list[str] = Field(description="The cited documents that it was read from: the strongest.")
    reasons: list[str] = Field(description="What set or lowered it.")
    text: str = Field(description="All of this in a line for the reader.")


class Direction(Model):
    """Which way the cited sentences point. It is read from them by rule and weighs nothing that they do not say."""

    verdict: Literal["yes", "no", "uncertain", "increased", "decreased", "no difference"] = Field(
        description="Of a yes/no question the first three (`uncertain`: the sentences disagree, or say that it is not known); of a question for an"
        " effect the others."
    )
    claims: list[int] = Field(
        min_length=1, description="The claims it is read from, by their place in `claims` from 0."
    )
    text: str = Field(description="The verdict in words.")


class Source(Model):
    """A document that a claim cites."""

    document_id: str
    kind: Literal["guideline", "literature", "trial", "calculator"]
    title: str
    url: str
    year: int | None
    publisher: str = Field(
        default="", description="The body that issued it, or the journal; empty where its source does not say."
    )
    evidence_level: str = Field(
        description="`guideline`; `1` to `5` of the Oxford CEBM 2011 levels; `registration`; `calculation`; or `unknown`."
    )
    status: str
    identifiers: dict[str, str] = Field(default_factory=dict)
    appraisal: Appraisal | None = Field(default=None, description="`null` of a calculation, and of what is not cited.")


class Warning(Model):  # noqa: A001 - the contract's word
    """Something the reader must know before acting on the answer."""

    kind: WarningKind
    document_id: str | None = None
    text: str


class Cell(Model):
    """A value of an evidence table: the words it is read from, verbatim. Without a citation it comes from the document's own metadata."""

    value: str = Field(min_length=1)
    citation: Citation | None = None


class EvidenceRow(Model):
    """One study of an evidence table; `null` where the study does not say, or it cannot be told."""

    document_id: str
    study: str = Field(description="First author or title, and year.")
    design: Cell | None = None
    population: Cell | None = None
    n: Cell | None = Field(default=None, description="Participants.")
    intervention: Cell | None = None
    comparator: Cell | None = None
    outcome: Cell | None = None
    effect: Cell | None = Field(default=None, description="The effect with its interval, as it is printed.")


class Extracted(Model):
    """A value taken out of a text: where it goes (RFC 6901 JSON pointer) and the words it stands in, `text[start:end] == quote`."""

    pointer: str
    value: Any
    quote: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Reading(Model):
    """How hard words are to read: school grades (Flesch-Kincaid) of what was said before and of how it is said now."""

    grade_before: float
    grade: float


class TraceStep(Model):
    """One step of the way the answer was made."""

    step: str
    tool: str | None = None
    arguments: dict[str, Any] = Field(default_factory=dict)
    hits: int | None = None
    ms: float


class Usage(Model):
    """What an LLM was paid for; zeros where none was asked."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0


class Versions(Model):
    """What made the answer, so that it can be made again."""

    citewell: str
    index: str
    embedder: str
    prompts: str | None = Field(default=None, description="The prompts used: name, version and hash of each.")
    seed: int | None = Field(default=None, description="The seed that a model was given.")


class Answer(Model):
    """A cited answer, or an abstention that says why and what was searched."""

    question: str = Field(
        description="As it was asked of the library (a follow-up is rewritten to stand alone); a summary's focus; empty where there is neither."
    )
    asked: str | None = Field(default=None, description="The words as typed, where they were read otherwise.")
    asked_note: str | None = Field(
        default=None, description="How a follow-up was read, or why it could not be completed."
    )
    only: list[str] = Field(default_factory=list, description="Documents that a follow-up was kept to (“source 2”).")
    task: TaskName = "question_answering"
    engine: EngineName = "extractive"
    model: str | None = None
    abstained: bool
    reason: str | None = Field(description="Why nothing is answered; `null` where something is.")
    unanswered: list[str] = Field(
        default_factory=list,
        description="Of a question that asks several things: those that nothing found answers, each written to stand alone. Named by the engine"
        " `extractive` only: a model answers the question as a whole.",
    )
    rationale: str = Field(description="How the answer came about: what was searched, what was left out and why.")
    direction: Direction | None = Field(
        default=None,
        description="Of a yes/no question or one for an effect; `null` where it cannot be told surely enough.",
    )
    removed: int = Field(
        default=0,
        ge=0,
        description="Sentences that did not stand up to the check against their sources, and were taken out.",
    )
    claims: list[Claim]
    sources: list[Source] = Field(
        description="In the order in which the claims first cite them: source i is shown as [i]."
    )
    nearest: list[Source] = Field(
        default_factory=list,
        description="Of an abstention: the documents closest to the question, as reading. They do not answer it.",
    )
    warnings: list[Warning]
    certainty: Certainty | None = Field(default=None, description="`null` where no document is cited.")
    table: list[EvidenceRow] = Field(default_factory=list, description="Of the task `evidence_synthesis`.")
    structure: dict[str, Any] | None = Field(default=None, description="Of the task `structuring`.")
    extracted: list[Extracted] = Field(
        default_factory=list, description="The words that each value of `structure` stands in."
    )
    reading: Reading | None = Field(default=None, description="Of the task `plain_language`.")
    trace: list[TraceStep]
    usage: Usage = Usage()
    timings_ms: dict[str, float]
    versions: Versions
