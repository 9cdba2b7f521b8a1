"""What a trial's posted tables say of a claim: counted and compared as a reader of the tables would, not by shared words."""

from __future__ import annotations

from functools import lru_cache

from assistant.verification.evidence import Evidence
from assistant.verification.finding import FINE, Finding
from assistant.verification.registry.clauses import Reading
from assistant.verification.registry.counted import read_counted
from assistant.verification.registry.measured import read_measured
from assistant.verification.registry.mentioned import mentioned
from assistant.verification.registry.report import Report, header_of, read_report

_FITS = 0.6  # share of a claim's words that a report has where nothing speaks for or against it


def check_tables(claim: str, evidence: Evidence) -> Finding:
    """0 where the counts of adverse events, or the figures of an outcome measure, say otherwise; a fault where all that it names was counted."""
    report = report_of(evidence)
    reading = _reading(claim, report) if report else None
    if report is None or reading is None or reading.true:
        return FINE
    fault = reading.sure and report.counts_events
    text = f"the report's {'counts' if report.counts_events else 'figures'} say otherwise ({reading.how})"
    return Finding(0.0 if reading.sure else 0.5, text, fault=fault, contradicts=reading.sure)


def table_values(claim: str, evidence: Evidence) -> dict[str, float]:
    """For the calibrated model: whether tables bear the claim out (1), say otherwise (-1) or neither (0), and how much of it they mention."""
    report = report_of(evidence)
    reading = _reading(claim, report) if report else None
    said = mentioned(claim, report) if report else None
    told = 0.0 if reading is None else 1.0 if reading.true else -1.0
    sure = reading is not None and reading.sure
    counts, measures = report is not None and report.counts_events, report is not None and report.measures
    share = said.share - _FITS if said else 0.0
    return {
        "counted": told * sure * counts,
        "counted_unsure": told * (not sure) * counts,
        "measured": told * sure * (not counts),
        "measured_unsure": told * (not sure) * (not counts),
        "mentioned": share,
        "mentioned_denied": share * (said is not None and said.denied),
        "mentioned_untabled": share * (not counts and not measures),
    }


def report_of(evidence: Evidence) -> Report | None:
    """The report that is quoted: a page's section, or rows of a table with the heads that stand over them in the passage."""
    return read_report(evidence.quote) or read_report(f"{header_of(evidence.passage)}\n{evidence.quote}")


@lru_cache(maxsize=1024)
def _reading(claim: str, report: Report) -> Reading | None:
    if report.counts_events:
        return read_counted(claim.strip(), report)
    return read_measured(claim.strip(), report) if report.measures else None
