"""Claims on real tables of adverse events, true and false by their counts: how many of each the check that counts refuses.

    python benchmarks/event_tables.py --data ../shared/data --out benchmarks/results/event_tables.json

The tables are those that ClinicalTrials.gov's studies become (`ingestion/sources/trials_results.py`), with two arms or more. Each claim is
said of an event and an arm drawn by chance, in words of this script, so this says how well counts are read, not how people write.

How people write is in NLI4CT: claims that they made of one trial's posted section, or of two. The rules were written on its training part;
of its part for development only these figures were looked at.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from registry_studies import studies

from assistant.verification.evidence import Evidence
from assistant.verification.labelled import read_labelled
from assistant.verification.registry.report import Arm, Report, read_report
from assistant.verification.tables import table_values
from indexes.passage import Passage
from ingestion.chunking import passages_of

SEED = 7
EACH = 6  # events drawn from a table
MOST = 400  # claims of a kind, true or false


def tables(folder: Path) -> Iterator[Passage]:
    """The passages that are tables of adverse events with the titles of their arms."""
    for document in studies(folder):
        yield from (each for each in passages_of(document) if _is_table(each))


def _is_table(passage: Passage) -> bool:
    report = read_report(passage.text)
    titles = [arm.title for arm in report.arms] if report else []
    return report is not None and report.counts_events and len(set(titles)) == len(titles) > 1 and all(titles)


def claims(report: Report, draw: random.Random) -> Iterator[tuple[str, bool, str]]:
    """Kind, whether it is true, and words of the claims on a table."""
    names = [name for name in report.event_names if all(name in arm.events for arm in report.arms)]
    for name in draw.sample(names, min(EACH, len(names))):
        one, other = draw.sample(list(report.arms), 2)
        ours, theirs = one.events[name], other.events[name]
        if not (ours.at_risk and theirs.at_risk):
            continue
        first, second = ours.affected / ours.at_risk, theirs.affected / theirs.at_risk
        if first != second:
            yield (
                "a higher share",
                first > second,
                f"A higher proportion of patients had {name} with {one.title} than with {other.title}.",
            )
        if ours.affected != theirs.affected:
            yield (
                "more cases",
                ours.affected > theirs.affected,
                f"There were more cases of {name} in the {one.title} group than in the {other.title} group.",
            )
        yield "none", ours.affected == 0, f"No patient in the {one.title} group had {name}."
        yield (
            "at least",
            True,
            f"At least {ours.affected or 1} patients in the {one.title} group had {name}." if ours.affected else "",
        )
        yield (
            "at least",
            False,
            f"At least {ours.affected + 1 + draw.randrange(3)} patients in the {one.title} group had {name}.",
        )
        percent = round(100 * first)
        if percent > 1:
            yield "a share", True, f"More than {percent - 1}% of patients in the {one.title} group had {name}."
        yield "a share", False, f"More than {percent + 1}% of patients in the {one.title} group had {name}."
        yield from _commonest(one, name)


def _commonest(arm: Arm, name: str) -> Iterator[tuple[str, bool, str]]:
    top = max(count.affected for count in arm.events.values())
    leading = [event for event, count in arm.events.items() if count.affected == top]
    if top and len(leading) == 1:
        yield "most common", True, f"The most common adverse event in the {arm.title} group was {leading[0]}."
        if name not in leading:
            yield "most common", False, f"The most common adverse event in the {arm.title} group was {name}."


def measure(passages: Sequence[Passage]) -> list[dict[str, object]]:
    """For each kind of claim, true and false: how many, and the share that the check of tables refuses and bears out for sure."""
    draw = random.Random(SEED)
    made: dict[tuple[str, bool], list[tuple[str, Passage]]] = defaultdict(list)
    for passage in passages:
        report = read_report(passage.text)
        for kind, true, claim in claims(report, draw) if report else ():
            if claim:
                made[kind, true].append((claim, passage))
    rows: list[dict[str, object]] = []
    for (kind, true), listed in sorted(made.items()):
        chosen = draw.sample(listed, min(MOST, len(listed)))
        said = [_said(claim, passage) for claim, passage in chosen]
        refused, borne_out = (sum(one == what for one in said) / len(chosen) for what in (-1.0, 1.0))
        rows.append({"kind": kind, "true": true, "claims": len(chosen), "refused": refused, "borne_out": borne_out})
    return rows


def read_by_people(path: Path) -> dict[str, dict[str, int]]:
    """Of the claims on adverse events and on outcome measures in a support set: how many are read for sure or not, and rightly."""
    found: dict[str, dict[str, int]] = {}
    for pair in read_labelled(path):
        report = read_report(pair.evidence)
        if report is None or not (report.counts_events or report.measures):
            continue
        values = table_values(pair.claim, Evidence(pair.evidence))
        kind = "counted" if report.counts_events else "measured"
        row = found.setdefault(kind, dict.fromkeys(("claims", "sure", "sure_right", "unsure", "unsure_right"), 0))
        row["claims"] += 1
        for how, value in (("sure", values[kind]), ("unsure", values[f"{kind}_unsure"])):
            row[how] += value != 0
            row[f"{how}_right"] += value == (1.0 if pair.label == "support" else -1.0)
    return found


def _said(claim: str, passage: Passage) -> float:
    return table_values(claim, Evidence(passage.text, passage=passage.text))["counted"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the claims, check them, write and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with ingest/ctgov_native and eval/support")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    given = parser.parse_args(arguments)
    passages = list(tables(given.data / "ingest" / "ctgov_native"))
    support = given.data / "eval" / "support"
    result = {
        "tables": len(passages),
        "documents": len({each.document_id for each in passages}),
        "rows": measure(passages),
        "people": {name: read_by_people(support / f"{name}.jsonl") for name in ("nli4ct_train", "nli4ct_dev")},
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
