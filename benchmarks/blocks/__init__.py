"""The blocks of the documents by their names. A block is a function, named as the block, that gives Markdown; and its line here."""

from __future__ import annotations

from collections.abc import Callable

from blocks import answering, calculators, engines, ingestion, judging, ranking, reading, verdicts, verification

BLOCKS: dict[str, Callable[[], str]] = {
    block.__name__: block
    for block in (
        ranking.retrieval,
        ranking.ranking,
        ranking.ranking_weights,
        ranking.reranking,
        ranking.fields,
        ranking.ranking_costs,
        reading.parsers,
        reading.ocr,
        reading.pubmed,
        reading.chunking,
        reading.splitters,
        reading.abbreviations,
        ingestion.ingested,
        ingestion.recommendations,
        ingestion.quarantined,
        ingestion.stages,
        ingestion.memory,
        ingestion.scale,
        engines.quantisation,
        engines.hybrid,
        engines.side_by_side,
        engines.gpu_embedding,
        engines.gpu_search,
        answering.example,
        answering.answers,
        answering.guideline_lists,
        answering.abstention,
        answering.latency,
        answering.sentences,
        verdicts.verdicts,
        verdicts.verdicts_shown,
        verdicts.premises,
        verdicts.effect_conflicts,
        verdicts.sentence_kinds,
        verdicts.questions,
        answering.local_llm,
        answering.llm_overhead,
        answering.tools,
        answering.designs,
        calculators.calculators,
        calculators.calculation,
        judging.citations,
        judging.abstentions,
        judging.faithfulness,
        verification.support,
        verification.support_without,
        verification.support_faults,
        verification.mutations,
        verification.event_tables,
        verification.tables_read,
        verification.eligibility_claims,
        verification.verification_latency,
        verification.conflicts,
        verification.verifier,
        verification.verifier_data,
        verification.verifier_runs,
    )
}
