"""How well and how fast PDF libraries read genuine guidelines: the figures of `docs/parsers.md`.

    pip install pdfplumber pypdfium2 && python benchmarks/pdf_parsers.py --data ../shared/data

Speed: seconds for every n-th page of every PDF, the median of several rounds with the fastest and the slowest. Quality: sentences that were read off
the rendered pages by eye (two columns, table cells, words broken at a line's end, line numbers, ligatures). *In order*: the sentence's letters stand
together in the page's text, white space and hyphens apart. *Verbatim*: so do its words, once lines are joined by a space, as a plain ingester would.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# (part of the file's name, page, what the page shows)
SENTENCES = (
    ("dengue.pdf", 40, "In adults, the pulse pressure of ≤ 20 mm Hg may indicate a more severe shock."),
    (
        "dengue.pdf",
        15,
        "Of particular significance is the 2005 World Health Assembly resolution WHA58.3 on the revision of the International",
    ),
    (
        "hypertension.pdf",
        17,
        "Members of the GDG, with the help of the methodologist, developed evidence profiles to summarize relative and absolute estimates of "
        "effects, and an assessment of the certainty of the evidence.",
    ),
    (
        "echinococcosis",
        30,
        "Since ALB alone is known to have a higher risk of relapse, in the event of non-response at 3 months, based on expert opinion, surgery "
        "(non-radical or radical approaches) should be offered along with continued ALB.",
    ),
    (
        "echinococcosis",
        20,
        "We are moderately confident in the effect estimate: the true effect is likely to be close to the estimate of the effect, but there is "
        "a possibility that it is substantially different.",
    ),
    (
        "sickle-cell",
        14,
        "Advise pregnant women with SCD taking intermittent preventive treatment with sulfadoxine-pyrimethamine that 400 µg folic acid "
        "supplementation daily is appropriate, as higher doses may counteract the efficacy of the antimalarial.",
    ),
    (
        "sickle-cell",
        40,
        "Vaso-occlusive episodes are often an inciting event for acute chest syndrome, which is a leading cause of mortality in SCD",
    ),
    (
        "mpox",
        40,
        "Patients with CD4 < 350 cells/ mm3 are associated with increased odds of severe disease compared with HIV negative patients.",
    ),
    (
        "mpox",
        60,
        "For complications of skin lesions, such as exfoliation or suspicion of deeper soft tissue infection (pyomyositis, abscess, necrotizing "
        "infection), consider consultation with an appropriate specialist (i.e. wound care specialist, ID specialist, and/or surgeon).",
    ),
    (
        "Lenacapavir",
        12,
        "Long-acting injectable lenacapavir should be offered as an additional prevention choice for people at risk of HIV, as part of "
        "combination prevention approaches. (strong recommendation, moderate to high certainty of evidence)",
    ),
    (
        "Self-monitoring",
        20,
        "(e.g. if the abbreviated health domain is SMBP and the corresponding letter is B: SMBP.B).",
    ),
    (
        "Self-monitoring",
        20,
        "Each functional requirement should have a “functional requirement (FXNREQ) ID” that should be structured as “abbreviated health "
        "domain”, “FXNREQ” and “sequential number of the functional requirement”",
    ),
    (
        "Self-monitoring",
        30,
        "A graduate who has been legally authorized (registered) to practise after examination by a state board of nurse examiners or similar "
        "regulatory authority.",
    ),
    (
        "arboviral",
        60,
        "WHO suggests using crystalloid fluid rather than colloid fluid in patients who require intravenous fluid treatment for suspected or "
        "confirmed severe arboviral disease. [Conditional recommendation, low certainty evidence]",
    ),
    (
        "CDC-2022-0024",
        50,
        "For low back pain, the AHRQ systematic clinical evidence review found heat therapy was associated with a moderate decrease in pain "
        "versus usual care or placebo at 1 day to <1 week and at 2 to <4 weeks (evidence type 2 to 3).",
    ),
    (
        "CDC-2022-0024",
        100,
        "Before increasing total opioid dosage to ≥50 MME/day, clinicians should pause, given that dosage increases to more than 50 MME/day are "
        "unlikely to provide significantly improved pain control for most patients while overdose risk increases with dosage, and carefully "
        "reassess evidence of individual benefits and risks.",
    ),
)


def with_pypdfium2(path: Path, numbers: list[int]) -> dict[int, str]:
    import pypdfium2

    texts = {}
    document = pypdfium2.PdfDocument(path)
    for number in numbers:
        page = document[number - 1]
        textpage = page.get_textpage()
        texts[number] = textpage.get_text_range()
        textpage.close()
        page.close()
    document.close()
    return texts


def with_pdfminer(path: Path, numbers: list[int]) -> dict[int, str]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    layouts = extract_pages(path, page_numbers=[number - 1 for number in numbers])
    return {
        number: "".join(box.get_text() for box in layout if isinstance(box, LTTextContainer))
        for number, layout in zip(sorted(numbers), layouts, strict=True)
    }


def with_pdfplumber(path: Path, numbers: list[int]) -> dict[int, str]:
    import pdfplumber

    texts = {}
    with pdfplumber.open(path) as document:
        for number in numbers:
            page = document.pages[number - 1]
            texts[number] = page.extract_text()
            page.close()
    return texts


def with_citewell(path: Path, numbers: list[int]) -> dict[int, str]:
    """Citewell's own lines and blocks over pypdfium2, on the same pages."""
    import pypdfium2

    from ingestion.sources.pdf_blocks import blocks
    from ingestion.sources.pdf_lines import body_size, read_page, without_furniture, without_line_numbers

    document = pypdfium2.PdfDocument(path)
    pages = without_furniture([without_line_numbers(read_page(document, number - 1))[0] for number in numbers])
    document.close()
    texts = dict.fromkeys(numbers, "")
    for block in blocks(pages, [], body_size(pages)):
        texts[block.page or 0] += block.text + "\n\n"
    return texts


PARSERS: dict[str, Callable[[Path, list[int]], dict[int, str]]] = {
    "pypdfium2, plain text": with_pypdfium2,
    "pdfminer.six": with_pdfminer,
    "pdfplumber": with_pdfplumber,
    "Citewell over pypdfium2": with_citewell,
}


def squeezed(text: str) -> str:
    return re.sub(r"[\s\-\x02\xad\ufffe]+", "", text)


def spaced(text: str) -> str:
    return " ".join(re.sub(r"[\x02\xad\ufffe]\s*", "-", text).split())


def page_counts(files: list[Path]) -> dict[Path, int]:
    import pypdfium2

    counts = {}
    for file in files:
        document = pypdfium2.PdfDocument(file)
        counts[file] = len(document)
        document.close()
    return counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--every", type=int, default=5, help="time every n-th page")
    options.add_argument("--out", type=Path, help="also write the rows to this JSON file")
    chosen = options.parse_args()
    files = sorted((chosen.data / "ingest" / "guidelines").rglob("*.pdf"))
    if not files:
        options.error(f"no PDF under {chosen.data}/ingest/guidelines: give the data folder with --data")
    counts = page_counts(files)
    total = sum(len(range(1, count + 1, chosen.every)) for count in counts.values())
    print(f"{total} pages of {len(files)} files, {chosen.rounds} rounds; {len(SENTENCES)} sentences\n")
    print(f"{'parser':<26}{'ms a page: median (range)':>30}{'in order':>12}{'verbatim':>12}")
    rows = {}
    for name, parse in PARSERS.items():
        seconds = []
        for _ in range(chosen.rounds):
            start = time.perf_counter()
            for file, count in counts.items():
                parse(file, list(range(1, count + 1, chosen.every)))
            seconds.append(time.perf_counter() - start)
        speed = [1000 * second / total for second in seconds]
        ordered = verbatim = 0
        missed = []
        for part, number, sentence in SENTENCES:
            file = next(file for file in files if part in file.name)
            text = parse(file, [number])[number]
            ordered += squeezed(sentence) in squeezed(text)
            verbatim += spaced(sentence) in spaced(text)
            if spaced(sentence) not in spaced(text):
                missed.append(f"{part} p. {number}")
        figures = f"{statistics.median(speed):.1f} ({min(speed):.1f}-{max(speed):.1f})"
        print(
            f"{name:<26}{figures:>30}{f'{ordered}/{len(SENTENCES)}':>12}{f'{verbatim}/{len(SENTENCES)}':>12}  {'; '.join(missed)}"
        )
        rows[name] = {"ms": speed, "ordered": ordered, "verbatim": verbatim}
    if chosen.out:
        result = {"pages": total, "files": len(files), "sentences": len(SENTENCES), "parsers": rows}
        chosen.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
