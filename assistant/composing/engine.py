"""The extractive engine: the rule plan's searches, and whole sentences of what they find. It cannot invent anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

from assistant.answer import EngineName
from assistant.appraisal import IN_FORCE, level_rank, usable
from assistant.appraisal.retraction import refused, retracted_filters
from assistant.composing.advice import advises
from assistant.composing.criteria import asks_for_criteria, is_asked_for
from assistant.composing.extractive import MAX_CLAIMS, Chosen, Composition, compose
from assistant.composing.forbidding import forbids_class_of
from assistant.composing.lists import parts_asked_for
from assistant.composing.posted import is_table
from assistant.composing.sections import Sections
from assistant.composing.vectors import SentenceVectors
from assistant.drafts import Draft, Failed, Quote
from assistant.filtering import said_by
from assistant.planning.rules import Plan
from assistant.planning.terms import Term, classes_of
from assistant.planning.vocabulary import TermKind
from assistant.progress import Progress, Tell
from assistant.run import Run
from assistant.tracing import timed
from indexes.engines import Search
from indexes.errors import UnusableQueryError
from indexes.lexical import encode_tokens
from indexes.passage import Hit, Kind, Passage, Status
from indexes.searcher import Mode
from ingestion.library import Library

COUNT_UP_TO = 1000
BY_NAME = 6
"""Passages that are looked at to find guidelines on what a question names."""
RETRACTED = 12
"""Passages of retracted work that are looked at."""
OF_A_CLASS = 40
"""Passages that are looked at for what is said against the class of a drug."""
IN_PARTS = 8
"""Sentences of an answer to a question that asks several things."""
OF_CRITERIA = 8
"""Criteria of an answer to a question for those of trials."""
NAMES = {Kind.GUIDELINE: "guidelines", Kind.LITERATURE: "literature", Kind.TRIAL: "trials"}


class ExtractiveEngine:
    """Answers from a library without an LLM; may be shared between questions."""

    name: EngineName = "extractive"

    def __init__(self, library: Library) -> None:
        self._library = library
        self._vectors = SentenceVectors(library.searcher.embedder)

    def sentence_vectors(self) -> SentenceVectors:
        """Those of the embedder that the library is searched with, which may have changed."""
        embedder = self._library.searcher.embedder
        if self._vectors.embedder is not embedder:
            self._vectors = SentenceVectors(embedder)
        return self._vectors

    async def gather(self, run: Run, tell: Tell) -> None:
        """Search each kind of evidence for each part of the question, and weigh the key terms by what the library knows."""
        for part in run.parts or (run.planned,):
            for kind, quota in part.quotas.items():
                tell(Progress("search", f"Searching {NAMES[kind]}"))
                arguments = {"kind": str(kind), "k": quota, **said_by(replace(part.filters, kinds=frozenset()))}
                found = await timed(
                    run,
                    "search",
                    partial(self._found, part, kind, quota),
                    tool=f"search_{NAMES[kind]}",
                    arguments=arguments,
                )
                run.hits += [hit for hit in found if hit.passage.passage_id not in run.retrieved]
                run.retrieved.update(hit.passage.passage_id for hit in found)
        run.frequencies = await asyncio.to_thread(self._frequencies, run.terms)
        for part in run.parts or (run.planned,):
            run.refused += await asyncio.to_thread(self._refused, run, part)

    async def compose(self, run: Run, tell: Tell) -> AsyncIterator[Draft]:
        """Sentences from what may carry a claim, each of them its own quote, stronger evidence first."""
        tell(Progress("compose", f"Reading {len(run.hits)} passages"))
        hits = [hit for hit in run.hits if usable(hit.passage)]
        most = (
            IN_PARTS // len(run.parts) if run.parts else OF_CRITERIA if asks_for_criteria(run.planned) else MAX_CLAIMS
        )
        for part in run.parts or (run.planned,):
            found = await timed(run, "compose", partial(self._compose, run, part, hits, most))
            run.composition = replace(found, considered=max(found.considered, run.composition.considered))
            for chosen in sorted(found.chosen, key=partial(_place, part)):
                candidate = chosen.candidate
                quote = Quote(candidate.hit.passage, candidate.start, candidate.end)
                yield Draft(candidate.text, (quote,), part.question)

    async def repair(self, run: Run, failed: Sequence[Failed]) -> AsyncIterator[Draft]:  # noqa: ARG002
        """Nothing: a quote that does not hold as it stands cannot be worded otherwise."""
        return
        yield  # what makes it a generator

    def _found(self, part: Plan, kind: Kind, quota: int) -> list[Hit]:
        found = self._search(part, kind, quota)
        if kind is Kind.GUIDELINE:
            found += self._read_on(part, found)
            known = {hit.passage.passage_id for hit in found}
            return found + [hit for hit in self._against_classes(part) if hit.passage.passage_id not in known]
        if kind is Kind.TRIAL and part.wants_trials:
            wanted = partial(is_asked_for, part) if asks_for_criteria(part) else is_table
            more = Sections(self._library.ledger).of_trials(part, found, wanted)
            return found + self._library.searcher.likened(part.question, more)
        return found

    def _search(self, part: Plan, kind: Kind, quota: int, mode: Mode = Mode.BLEND) -> list[Hit]:
        try:
            only = replace(part.filters, kinds=frozenset({kind}))
            return self._library.searcher.search(part.question, quota, only, mode)
        except UnusableQueryError:  # of small words only: the answer says that it names nothing
            return []

    def _against_classes(self, part: Plan) -> list[Hit]:
        """Passages that say that a class is not to be given, of which the question names a drug: by words, as the class has to be named."""
        against: list[Hit] = []
        for drug in part.of_kind(TermKind.DRUG):
            for each in classes_of(drug):
                words = [*sorted(each.names), *(term.text for term in part.terms if term is not drug)]
                asked = replace(part, question=" ".join(words))
                found = self._search(asked, Kind.GUIDELINE, OF_A_CLASS, Mode.BM25)
                against += [hit for hit in found if forbids_class_of(drug, hit.passage.text)]
        return self._library.searcher.likened(part.question, [hit.passage for hit in against])

    def _read_on(self, part: Plan, found: Sequence[Hit]) -> list[Hit]:
        """Sections of the guidelines on what the question is about; those are looked for by its name alone too, which they have for a title.

        Their total is 1 where their headings say that they are what is asked for, else their likeness to the question."""
        named = replace(part, question=" ".join(term.text for term in part.matters))
        by_name = self._search(named, Kind.GUIDELINE, BY_NAME) if part.sections and part.matters else []
        more = Sections(self._library.ledger).read_on(part, found, by_name)
        return [
            replace(
                hit,
                scores=replace(
                    hit.scores, total=1.0 if parts_asked_for(part, hit.passage) else hit.scores.dense or 0.0
                ),
            )
            for hit in self._library.searcher.likened(part.question, more)
        ]

    def _compose(self, run: Run, part: Plan, hits: Sequence[Hit], most: int) -> Composition:
        sections = Sections(self._library.ledger)
        return compose(part, hits, run.frequencies, self.sentence_vectors(), most, sections.bounds)

    def _refused(self, run: Run, part: Plan) -> list[Passage]:
        """Passages of retracted work that would have been evidence; looked for by themselves, as sound work may crowd them out of a search."""
        filters = retracted_filters(part)
        if filters is None or not part.has_topic or not self._library.ledger.has_status(Status.RETRACTED):
            return []
        found = self._library.searcher.search(part.question, RETRACTED, filters, Mode.BM25)
        hits = {hit.passage.passage_id: hit for hit in [*run.hits, *found] if not usable(hit.passage)}
        return refused(part, list(hits.values()), run.frequencies, self.sentence_vectors())

    def _frequencies(self, terms: Sequence[Term]) -> dict[Term, int]:
        """In how many passages of the library each term occurs under one of its names; counted up to `COUNT_UP_TO`."""
        searcher = self._library.searcher  # held as long as its engine is asked
        words = sorted({word for term in terms for name in term.names for word in name.split()})
        found = searcher.engine.several([Search(encode_tokens([word]), COUNT_UP_TO) for word in words])
        counts = dict(zip(words, map(len, found), strict=True))
        return {term: max(min(counts[word] for word in name.split()) for name in term.names) for term in terms}


def _place(part: Plan, chosen: Chosen) -> tuple[bool, int, bool]:
    """What stands first sorts first: what is in force, then the stronger evidence, then advice where that is asked for."""
    passage = chosen.candidate.hit.passage
    return passage.status not in IN_FORCE, level_rank(passage.evidence_level), not advises(part, chosen.candidate)
