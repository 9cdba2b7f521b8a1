"""ragas' metrics over the product's answers, with our model as their judge and our embedder. Import this only where they are measured: it is heavy.

Es et al., "Ragas: Automated Evaluation of Retrieval Augmented Generation" (EACL 2024). ragas 0.4 has them twice; these are the ones of
`ragas.metrics.collections`, which ask for a filled-in form, and of the older ones those that need no model and have no successor.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, create_model

# ragas reads it once, when it is imported, and else reports its use to its makers; LangChain, which it imports, reports runs where it is told to.
os.environ.update(RAGAS_DO_NOT_TRACK="true", LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")

from ragas.dataset_schema import SingleTurnSample
from ragas.embeddings.base import BaseRagasEmbedding
from ragas.llms.base import InstructorBaseRagasLLM
from ragas.metrics._context_precision import (  # from `ragas.metrics` they warn, though nothing has taken their place
    IDBasedContextPrecision,
    NonLLMContextPrecisionWithReference,
)
from ragas.metrics._context_recall import IDBasedContextRecall, NonLLMContextRecall
from ragas.metrics._string import NonLLMStringSimilarity as Likeness
from ragas.metrics.collections import (
    AnswerRelevancy,
    CHRFScore,
    ContextPrecisionWithReference,
    ContextRecall,
    Faithfulness,
    NonLLMStringSimilarity,
    RougeScore,
    SemanticSimilarity,
)
from ragas.metrics.collections.faithfulness.util import (
    NLIStatementInput,
    NLIStatementOutput,
    StatementFaithfulnessAnswer,
)

from assistant.guardrails.identifiers import keep_identifiers
from evals.judge import Judge
from evals.scoring import Metric, Sample
from indexes.embedding import Embedder

F = TypeVar("F", bound=BaseModel)


class _Judge(InstructorBaseRagasLLM):  # type: ignore[misc, unused-ignore]
    """Our judge in ragas' words."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def generate(self, prompt: str, response_model: type[F]) -> F:
        return asyncio.run(self._judge.fill(prompt, response_model))

    async def agenerate(self, prompt: str, response_model: type[F]) -> F:
        return await self._judge.fill(prompt, response_model)


class _Embedding(BaseRagasEmbedding):  # type: ignore[misc, unused-ignore]
    """Our embedder in ragas' words. Questions are compared with questions, answers with answers: none is a query for the other."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self._embedder = embedder

    def embed_text(self, text: str, **_: Any) -> list[float]:
        return [float(each) for each in self._embedder.embed_passages([text])[0]]

    async def aembed_text(self, text: str, **_: Any) -> list[float]:
        return self.embed_text(text)


class _Faithfulness(Faithfulness):  # type: ignore[misc, unused-ignore]
    """With a verdict for every statement: ragas takes the share over the verdicts that came, so that a judge that leaves some out raises it."""

    async def verdicts(self, statements: Sequence[str], context: str) -> list[bool]:
        """Whether each statement can be inferred from the context."""
        form = create_model(
            "NLIStatementOutput",
            statements=(
                Annotated[
                    list[StatementFaithfulnessAnswer], Field(min_length=len(statements), max_length=len(statements))
                ],
                ...,
            ),
        )
        prompt = self.nli_statement_prompt.to_string(NLIStatementInput(context=context, statements=list(statements)))
        filled: Any = await self.llm.agenerate(prompt, form)
        return [bool(each.verdict) for each in filled.statements]

    async def _create_verdicts(self, statements: list[str], context: str) -> NLIStatementOutput:
        verdicts = await self.verdicts(statements, context)
        return NLIStatementOutput(
            statements=[
                StatementFaithfulnessAnswer(statement=statement, reason="", verdict=int(verdict))
                for statement, verdict in zip(statements, verdicts, strict=True)
            ]
        )


class _Likeness(Likeness):  # type: ignore[misc, unused-ignore]
    """How alike two strings are. The public method makes a usage event, and for it a file with a number for this user."""

    async def single_turn_ascore(self, sample: SingleTurnSample, *_: Any, **__: Any) -> float:
        return float(await self._single_turn_ascore(sample, None))


async def supported(judge: Judge, claim: str, evidence: str) -> bool:
    """What the judge says of a claim beside evidence, asked as faithfulness asks of each statement."""
    keep_identifiers(judge.card, claim)
    [verdict] = await _Faithfulness(llm=_Judge(judge)).verdicts([claim], evidence)
    return verdict


def judged(judge: Judge, embedder: Embedder) -> list[Metric]:
    """The metrics that a model judges.

    Faithfulness is over the passages that the answer cites, the others over what was found. Response relevancy makes one question of an answer, not
    three: at temperature 0 the three are one. Questions that seem to hold identifiers go to no model that may not have them.
    """
    llm = _Judge(judge)
    faithfulness = _Faithfulness(llm=llm)
    relevancy = AnswerRelevancy(llm=llm, embeddings=_Embedding(embedder), strictness=1)
    precision, recall = ContextPrecisionWithReference(llm=llm), ContextRecall(llm=llm)

    def kept_from(score: Callable[[Sample], Awaitable[float]]) -> Callable[[Sample], Awaitable[float]]:
        async def checked(sample: Sample) -> float:
            keep_identifiers(judge.card, sample.question)
            return await score(sample)

        return checked

    async def faithful(sample: Sample) -> float:
        scored = await faithfulness.ascore(
            user_input=sample.question, response=sample.answer, retrieved_contexts=list(sample.cited)
        )
        return float(scored.value)

    async def relevant(sample: Sample) -> float:
        return float((await relevancy.ascore(user_input=sample.question, response=sample.answer)).value)

    async def precise(sample: Sample) -> float:
        scored = await precision.ascore(
            user_input=sample.question, reference=sample.reference, retrieved_contexts=list(sample.found)
        )
        return float(scored.value)

    async def recalled(sample: Sample) -> float:
        scored = await recall.ascore(
            user_input=sample.question, reference=sample.reference, retrieved_contexts=list(sample.found)
        )
        return float(scored.value)

    return [
        Metric("faithfulness", _answered, kept_from(faithful), lambda _: 2),
        Metric("response_relevancy", _answered, kept_from(relevant), lambda _: 1),
        Metric("context_precision", _found_and_referred, kept_from(precise), lambda sample: len(sample.found)),
        Metric("context_recall", _found_and_referred, kept_from(recalled), lambda _: 1),
    ]


def unjudged(embedder: Embedder) -> list[Metric]:
    """The metrics that no model judges: the answer beside the reference answer, and what was found beside the gold documents."""
    return [
        Metric(name, _answered_and_referred, _beside_the_reference(metric))
        for name, metric in (
            ("rouge_l", RougeScore(rouge_type="rougeL", mode="fmeasure")),
            ("chrf", CHRFScore()),
            ("string_similarity", NonLLMStringSimilarity()),
            ("semantic_similarity", SemanticSimilarity(embeddings=_Embedding(embedder))),
        )
    ] + [
        Metric(name, _found_and_gold, _beside_the_gold(metric))
        for name, metric in (
            ("id_context_precision", IDBasedContextPrecision()),
            ("id_context_recall", IDBasedContextRecall()),
            ("text_context_precision", NonLLMContextPrecisionWithReference(distance_measure=_Likeness())),
            ("text_context_recall", NonLLMContextRecall(_distance_measure=_Likeness())),
        )
    ]


def _beside_the_reference(metric: Any) -> Callable[[Sample], Awaitable[float]]:
    async def score(sample: Sample) -> float:
        return float((await metric.ascore(reference=sample.reference, response=sample.answer)).value)

    return score


def _beside_the_gold(metric: Any) -> Callable[[Sample], Awaitable[float]]:
    async def score(sample: Sample) -> float:
        turn = SingleTurnSample(
            retrieved_contexts=list(sample.found),
            reference_contexts=list(sample.gold_texts),
            retrieved_context_ids=list(sample.found_in),
            reference_context_ids=list(sample.gold),
        )
        return float(await metric._single_turn_ascore(turn, None))

    return score


def _answered(sample: Sample) -> bool:
    return bool(sample.answer and sample.cited)


def _answered_and_referred(sample: Sample) -> bool:
    return bool(sample.answer and sample.reference)


def _found_and_referred(sample: Sample) -> bool:
    return bool(sample.found and sample.reference)


def _found_and_gold(sample: Sample) -> bool:
    return bool(sample.found and sample.gold_texts)
