"""From an answer to what the page shows: plain data that the browser puts on the page as text, never as markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from assistant.answer import Answer, Citation, Source
from assistant.answer import Warning as AnswerWarning
from assistant.conversation.turns import Turn
from assistant.errors import NotFoundError
from assistant.evidence import RecommendationView
from assistant.visible import shortened
from assistant.wording import NEAREST, NOTHING_FOUND, UNANSWERED, lead
from indexes.passage import Passage
from ui.page import Excerpt, Marker, Notice, Page, Panel, Segment, ShownClaim, ShownSource, ShownWarning
from ui.words import GRAVE, IDENTIFIERS, KINDS, LEVELS, READ_AS, STATUSES, WARNINGS


def answer_page(answer: Answer, passage: Callable[[str], Passage]) -> Page:
    """The page of an answer. `passage` fetches a cited passage and may raise `NotFoundError`."""
    numbers = {source.document_id: number for number, source in enumerate(answer.sources, start=1)}
    return Page(
        read_as=f"{READ_AS}: {answer.question}" if answer.asked not in (None, answer.question) else "",
        read_note=answer.asked_note or "",
        notice=Notice(heading=NOTHING_FOUND, text=answer.reason or "") if answer.abstained else None,
        warnings=_warnings(answer.warnings, numbers),
        direction=lead(answer),
        claims=[
            ShownClaim(
                context=claim.context or "",
                text=claim.text,
                support=f"{claim.support:.2f}",
                findings=claim.findings,
                markers=_markers(claim.citations, numbers, passage),
            )
            for claim in answer.claims
        ],
        unanswered=[f"{UNANSWERED}: {part}" for part in answer.unanswered],
        certainty=answer.certainty.text if answer.certainty else "",
        sources=[_source(source, numbers[source.document_id]) for source in answer.sources],
        nearest_heading=NEAREST if answer.nearest else "",
        nearest=[_source(source, 0) for source in answer.nearest],
        rationale=answer.rationale,
        steps=[
            f"{step.step.replace('_', ' ')}"
            + (f" ({step.tool})" if step.tool else "")
            + (f": {step.hits} found" if step.hits is not None else "")
            + f", {step.ms:.0f} ms"
            for step in answer.trace
        ],
        made_by=" · ".join(
            filter(
                None,
                (
                    f"Engine: {answer.engine}",
                    answer.model and f"model: {answer.model}",
                    f"Citewell {answer.versions.citewell}",
                    f"index {answer.versions.index}",
                    f"embedder {answer.versions.embedder}",
                    answer.versions.prompts and f"prompts {answer.versions.prompts}",
                ),
            )
        ),
    )


def source_panel(turn: Turn, number: int, passage: Callable[[str], Passage]) -> Panel | None:
    """A source of an earlier answer for `public/elements/Source.jsx`; `None` where it has no source of that number."""
    source = turn.source(number)
    if source is None:
        return None
    claims = [claim for claim in turn.claims if any(c.document_id == source.document_id for c in claim.citations)]
    cited = [citation for claim in claims for citation in claim.citations if citation.document_id == source.document_id]
    (marker,) = _markers(cited, {source.document_id: number}, passage) or (Marker(number=number, excerpts=[]),)
    return Panel(
        source=_source(source, number),
        excerpts=marker["excerpts"],
        claim=ShownClaim(
            context="",
            text="",
            support=f"{min((claim.support for claim in claims), default=0.0):.2f}",
            findings=list(dict.fromkeys(finding for claim in claims for finding in claim.findings)),
            markers=[],
        ),
        opener="",
    )


def segments(text: str, spans: Iterable[tuple[int, int]]) -> list[Segment]:
    """`text` cut at the spans, which may touch or overlap; together the segments are `text` again."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    cut: list[Segment] = []
    at = 0
    for start, end in merged:
        cut += [Segment(text=text[at:start], marked=False), Segment(text=text[start:end], marked=True)]
        at = end
    cut.append(Segment(text=text[at:], marked=False))
    return [segment for segment in cut if segment["text"]]


def safe_url(url: str) -> str:
    """`url` where it is an ordinary web address, else nothing: a document may carry `javascript:` and worse."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""


def _markers(citations: list[Citation], numbers: dict[str, int], passage: Callable[[str], Passage]) -> list[Marker]:
    """One marker a source, in order of number; citations of one passage are marked in one excerpt."""
    by_source: dict[int, dict[str, list[Citation]]] = {}
    for citation in citations:
        by_source.setdefault(numbers[citation.document_id], {}).setdefault(citation.passage_id, []).append(citation)
    return [
        Marker(number=number, excerpts=[_excerpt(cited, passage) for cited in by_source[number].values()])
        for number in sorted(by_source)
    ]


def _excerpt(cited: list[Citation], passage: Callable[[str], Passage]) -> Excerpt:
    """The passage with the cited words marked; the cited words alone where the library no longer holds them so."""
    try:
        found = passage(cited[0].passage_id)
    except NotFoundError:
        found = None
    if found is None or any(found.text[c.start : c.end] != c.quote for c in cited):
        return Excerpt(
            where="The library changed since this answer was made; these are the words as they were cited.",
            segments=[Segment(text=citation.quote, marked=True) for citation in cited],
        )
    return Excerpt(
        where=_where(found, cited[0].start),
        segments=segments(found.text, ((citation.start, citation.end) for citation in cited)),
    )


def _where(passage: Passage, offset: int) -> str:
    """Where in its document the words stand: section path, heading, page; of a recommendation its grade, what that means, and whom it is for."""
    part = passage.part_at(offset)
    path = [*passage.section]
    if part.heading and part.heading not in path:
        path.append(part.heading)
    return " · ".join(
        filter(
            None,
            (
                " › ".join(path),
                *RecommendationView.of(part).words,
                f"page {passage.page}" if passage.page is not None else "",
            ),
        )
    )


def _source(source: Source, number: int) -> ShownSource:
    url = safe_url(source.url)
    status = STATUSES.get(source.status, source.status.replace("_", " ").capitalize())
    return ShownSource(
        number=number,
        title=source.title,
        kind=KINDS[source.kind],
        publisher=shortened(source.publisher),
        grade=f"evidence level {source.evidence_level} of 5" if source.evidence_level in "12345" else "",
        level=LEVELS.get(source.evidence_level, source.evidence_level),
        year=str(source.year) if source.year is not None else "year not known",
        status=status,
        concern="" if source.status not in STATUSES or source.status == "current" else _gravity(source.status),
        url=url,
        host=(urlsplit(url).hostname or "").removeprefix("www."),
        identifiers=[f"{IDENTIFIERS.get(name, name.upper())} {value}" for name, value in source.identifiers.items()],
    )


def _warnings(warnings: list[AnswerWarning], numbers: dict[str, int]) -> list[ShownWarning]:
    gravest_first = sorted(warnings, key=lambda warning: list(WARNINGS).index(warning.kind))
    return [
        ShownWarning(
            heading=WARNINGS[warning.kind],
            text=warning.text,
            grave=warning.kind in GRAVE,
            number=numbers.get(warning.document_id or "", 0),
        )
        for warning in gravest_first
    ]


def _gravity(kind: str) -> str:
    return "grave" if kind in GRAVE else "caution"
