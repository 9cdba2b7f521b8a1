"""Faithfulness: ragas' metrics of the product's answers, those judged by a model and those that need none, beside the deterministic verifier.

The product answers a set's questions from a library of the set's texts, as in the suite `qa`. Before the model that `CITEWELL_LLM` names judges
anything it is tried on claims that people have labelled, asked in the same words: how far it agrees with them is reported first. What it fails to
judge, and what ragas makes NaN of, is a failure: it counts 0 in its metric and one in `failures`, and is not averaged away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from assistant.agent.budget import Limits
from assistant.answer import Answer
from assistant.llms import open_llm
from assistant.settings import load_settings
from assistant.shelves import Shelf
from assistant.verification.labelled import LabelledPair
from evals.agreement import agreement, draw, find_gold
from evals.asking import ask_all, library_of, systems_of
from evals.cache import Kept, cache_folder
from evals.errors import MissingExtraError
from evals.finding import hits_for
from evals.judge import Judge
from evals.metrics import intervals
from evals.qa_sets import Asked, read_questions, sample, texts_of
from evals.qa_texts import AnyText
from evals.result import Measures
from evals.scoring import Metric, Sample, Work
from evals.suites.base import Case, Line, Options, Outcome, Progress
from evals.supporting import Verifier, evidence_of, sentences_of
from indexes.passage import Hit

NEEDS = ("ragas", "langchain_community", "rapidfuzz", "rouge_score", "sacrebleu")
JUDGED = ("faithfulness", "response_relevancy", "context_precision", "context_recall")
CALLS = 4  # of the judge for an answer: two of faithfulness, one of relevancy, one of context recall; context precision is one a passage found
HARDEST = 20


class FaithfulnessSuite:
    """ragas' faithfulness, relevancy, context precision and recall by a judge that is tried first, its other metrics, and the verifier."""

    name = "faithfulness"
    summary = "ragas' metrics of answers, a judging model tried on gold labels first, the verifier beside it (the sets of `qa`)"

    def run(self, data: Path, options: Options, progress: Progress) -> Outcome:
        """Ask, try the judge, measure. Raises `MissingExtraError`, `DataError`, `CallError`, `JudgeGoneError`, and what the library raises."""
        _need_ragas()
        from evals.ragas_metrics import judged, supported, unjudged

        settings = load_settings().model_copy(update={"live_tools": False})
        llm = open_llm(settings)
        gold = draw(find_gold(data, options.gold), options.gold_limit, options.seed) if llm else []
        read = read_questions(data)
        asked = sample(read.questions, options.limit, options.seed)
        texts = texts_of(read, asked)
        problems = list(read.problems)
        with (
            library_of(texts, progress, problems) as library,
            closing(Kept(cache_folder() / "judgements.sqlite", "judgements")) as kept,
        ):
            systems = systems_of(library, settings)
            answers = ask_all(systems, asked, texts, settings, problems, progress)
            shipped = next(iter(systems))
            shelf = systems[shipped].assistant.shelf
            found = [hits_for(library.searcher, one.question, options.k) for one in asked]
            samples = {
                name: [_sample(*each, shelf, texts) for each in zip(asked, given, found, strict=True)]
                for name, given in answers.items()
            }
            embedder = library.searcher.embedder
            verifier = Verifier(embedder.embed_passages)
            judge = Judge(llm, Limits.of(settings), kept) if llm else None
            metrics = [*(judged(judge, embedder) if judge else ()), *_own(verifier), *unjudged(embedder)]
            calls = len(gold) + sum(
                metric.calls(each)
                for of in samples.values()
                for each in of
                for metric in metrics
                if metric.applies(each)
            )
            work = Work(progress, calls, problems)
            agreed: Measures = {}
            if judge:
                said = [
                    work.result(f"gold {pair.source}#{pair.id}", 1, supported(judge, pair.claim, pair.evidence))
                    for pair in gold
                ]
                ours = [verifier.supports(pair.claim, [evidence_of(pair)]) for pair in gold]
                agreed = agreement("judge", said, gold, options) | agreement("verifier", ours, gold, options)
            scores = work.score_all(samples, metrics)
            worst = [each.get(metrics[0].name) for each in scores[shipped]]
            hardest = _hardest(asked, samples[shipped], worst, verifier)
        values = {
            name: {metric.name: [each[metric.name] for each in of if metric.name in each] for metric in metrics}
            for name, of in scores.items()
        }
        return Outcome(
            data=read.name,
            n=len(asked),
            shipped=shipped,
            systems={name: _measures(each, options) for name, each in values.items()},
            values=values,
            judge=agreed,
            hardest=hardest,
            problems=problems,
            left_out=_left_out(asked, answers, judge),
            settings={
                "k": options.k,
                "questions": len(asked),
                "documents": len(texts),
                "resamples": options.resamples,
                "verifier": verifier.name,
                **_of_judge(judge, calls, gold),
            },
            versions={"embedder": embedder.name},
        )


def calls_at_most(options: Options, questions: int, systems: int = 2) -> int:
    """How often the judge may be asked for so many questions that all systems answer, before anything is known of their answers."""
    return options.gold_limit + questions * systems * (CALLS + options.k)


def _own(verifier: Verifier) -> list[Metric]:
    """What needs neither ragas nor a judge: whether something was answered, and the share of its sentences that the verifier finds carried."""

    async def verified(sample: Sample) -> float:
        carried = [verifier.supports(each.text, each.cited) for each in sample.sentences]
        return sum(carried) / len(carried)

    async def covered(sample: Sample) -> float:
        return float(bool(sample.sentences))

    return [
        Metric("verified", lambda sample: bool(sample.sentences), verified),
        Metric("coverage", lambda _: True, covered),
    ]


def _sample(
    one: Asked, answer: Answer | None, hits: Sequence[Hit], shelf: Shelf, texts: Mapping[str, AnyText]
) -> Sample:
    gold = sorted(one.gold & texts.keys())
    return Sample(
        question_id=one.question_id,
        question=one.question,
        sentences=sentences_of(answer, shelf),
        reference=next(iter(one.references), ""),
        found=[hit.passage.text for hit in hits],
        found_in=[hit.passage.document_id for hit in hits],
        gold=gold,
        gold_texts=[texts[key].abstract for key in gold],
    )


def _measures(values: Mapping[str, Sequence[float]], options: Options) -> Measures:
    return {
        name: intervals.mean(each, resamples=options.resamples, seed=options.seed)
        for name, each in values.items()
        if each
    }


def _left_out(
    asked: Sequence[Asked], answers: Mapping[str, Sequence[Answer | None]], judge: Judge | None
) -> dict[str, int]:
    left_out = {
        f"questions not answered ({name}), of the metrics of answers": sum(
            not (answer and answer.claims) for answer in given
        )
        for name, given in answers.items()
    }
    left_out["questions without a reference answer, of the metrics that need one"] = sum(
        not one.references for one in asked
    )
    if judge is None:
        left_out[f"questions not judged by a model ({', '.join(JUDGED)}): name one in CITEWELL_LLM"] = len(asked)
    return {reason: count for reason, count in left_out.items() if count}


def _of_judge(judge: Judge | None, calls: int, gold: Sequence[LabelledPair]) -> dict[str, int | str]:
    if judge is None:
        return {"judge": "none"}
    return {
        "judge": judge.name,
        "gold pairs": len(gold),
        "judge calls, at most": calls,
        "judge calls made": judge.asked,
        "judge calls kept": judge.known,
        "judge prompt tokens": judge.prompt_tokens,
        "judge answer tokens": judge.completion_tokens,
    }


def _hardest(
    asked: Sequence[Asked], samples: Sequence[Sample], headline: Sequence[float | None], verifier: Verifier
) -> list[Case]:
    """The answers with the lowest headline metric, each with its sentences and what the verifier says of them."""
    answered = [(value, number) for number, value in enumerate(headline) if value is not None]
    cases = []
    for value, number in sorted(answered)[:HARDEST]:
        found = []
        for each in samples[number].sentences:
            carried = verifier.supports(each.text, each.cited)
            documents = ", ".join(dict.fromkeys(citation.document_id for citation, _ in each.cited))
            found.append(Line(documents, each.text, "verified" if carried else "not verified", good=carried))
        expected = [Line("reference", each, "gold", good=True) for each in asked[number].references[:1]]
        cases.append(Case(asked[number].question_id, asked[number].question, value, expected, found))
    return cases


def _need_ragas() -> None:
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"the suite faithfulness needs {', '.join(missing)}: pip install 'citewell[ragas]'")
