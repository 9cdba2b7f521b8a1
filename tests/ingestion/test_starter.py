"""The starter library is true to its sources.

Every starter document is a digest: an original restatement of one real record. These tests hold each digest against the
record it names: the identifier exists, every figure of the digest occurs in the record, no sentence is copied, nothing
retracted is in it, and the regression questions point at documents that are there.

The records themselves are not part of the repository. They are looked for at ``CITEWELL_DATA`` or in ``../shared/data``
beside the repository root; the tests that need them skip where they are absent, the others always run.
"""

from __future__ import annotations

import gzip
import html
import json
import lzma
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml
from lxml import etree

ROOT: Final = Path(__file__).resolve().parents[2]
STARTER: Final = ROOT / "ingestion" / "starter"
DATA: Final = Path(os.environ.get("CITEWELL_DATA") or ROOT.parent / "shared" / "data")

TITLE_START: Final = "Digest: "
RUN_LIMIT: Final = 10  # a run of this many consecutive words shared with the record counts as copied
MINIMA: Final = {"recommendations": 30, "studies": 80, "trials": 40, "answerable": 25, "refused": 10}
ADDED_TYPES: Final = {"Randomized Controlled Trial", "Systematic Review", "Meta-Analysis"}
PUBMED_LINK: Final = "https://pubmed.ncbi.nlm.nih.gov/{}/"

_NUMBER: Final = re.compile(r"\d+(?:[.,·]\d+)*")
_PERCENT: Final = re.compile(r"%|\bper ?cent\b", re.IGNORECASE)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_WORD: Final = re.compile(r"\d+(?:[.,·]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_OWN_PERCENT: Final = re.compile(r"(\d+(?:[.,·]\d+)*)\s*(?:%|per ?cent\b)", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>|<!--.*?-->")  # not 'CD4 <50 and >20'
_FOOTNOTE: Final = re.compile(
    r"(?<![\dm])<sup>[\d\s,–-]+</sup>"
)  # a reference mark, not 10<sup>9</sup> or m<sup>2</sup>
_ITEM: Final = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_GRADE: Final = re.compile(r"\s*\(([^()]*(?:grade|recommendation|evidence|certainty)[^()]*)\)\s*\.?\s*$", re.IGNORECASE)
_NCT: Final = re.compile(r"NCT\d{8}")


# --------------------------------------------------------------------------------------------------- words and figures


def plain(text: str) -> str:
    """The text without markup: reference marks go, tags give way to a space, entities are resolved."""
    return html.unescape(_TAG.sub(" ", _FOOTNOTE.sub(" ", html.unescape(text))))


def numbers(text: str) -> set[str]:
    """Every figure in the text; a comma that does not mark thousands separates figures as well."""
    found: set[str] = set()
    for token in _NUMBER.findall(text):
        token = token.replace("·", ".")
        found.add(token)
        if "," in token and not _THOUSANDS.fullmatch(token):
            found.update(token.split(","))
    return found


def own_numbers(text: str) -> list[str]:
    return [token.replace("·", ".") for token in _NUMBER.findall(text)]


def percentages(text: str) -> set[str]:
    """Every figure that may stand as a percentage: those shortly before a percent sign, as in '9 v 11%'."""
    found: set[str] = set()
    for sign in _PERCENT.finditer(text):
        found |= numbers(text[max(0, sign.start() - 40) : sign.start()])
    return found


def own_percentages(text: str) -> list[str]:
    return [match.group(1).replace("·", ".") for match in _OWN_PERCENT.finditer(text)]


def words(text: str) -> list[str]:
    return [word.casefold().replace("·", ".") for word in _WORD.findall(text)]


def runs(text: str) -> set[tuple[str, ...]]:
    sequence = words(text)
    return {tuple(sequence[at : at + RUN_LIMIT]) for at in range(len(sequence) - RUN_LIMIT + 1)}


def squash(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def leaves(node: Any) -> Iterator[str]:
    """Every string and number inside a JSON value."""
    if isinstance(node, dict):
        for value in node.values():
            yield from leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    elif isinstance(node, (str, int, float)) and not isinstance(node, bool):
        yield str(node)


# ----------------------------------------------------------------------------------------------------- the library


@dataclass
class Digest:
    """One starter document, taken apart as far as the rules need."""

    document_id: str
    file: str
    title: str
    texts: list[str]  # its own sentences, block by block, title first
    link: str
    coded: list[tuple[str, str]] = field(default_factory=list)  # (field, value) that must be the record's own
    year: str = ""
    journal: str = ""
    types: list[str] = field(default_factory=list)
    digest_of: str = ""
    front: dict[str, Any] = field(default_factory=dict)
    recommendations: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.document_id.partition(":")[2]


def _inner(node: Any) -> str:
    return "".join(node.itertext()).strip()


def read_studies() -> list[Digest]:
    found: list[Digest] = []
    for path in sorted((STARTER / "pubmed").glob("*.xml")):
        for article in etree.parse(str(path)).getroot().iter("PubmedArticle"):

            def one(where: str, article: Any = article) -> str:
                node = article.find(where)
                return "" if node is None else _inner(node)

            pmid = one("MedlineCitation/PMID")
            body = "MedlineCitation/Article/"
            abstract = [_inner(node) for node in article.iter("AbstractText")]
            found.append(
                Digest(
                    document_id=f"pubmed:{pmid}",
                    file=path.name,
                    title=one(body + "ArticleTitle"),
                    texts=[one(body + "ArticleTitle"), *abstract],
                    link=one(body + "Abstract/CopyrightInformation"),
                    year=one(body + "Journal/JournalIssue/PubDate/Year"),
                    journal=one(body + "Journal/Title"),
                    types=[str(node.text) for node in article.iter("PublicationType")],
                )
            )
    return found


def read_trials() -> list[Digest]:
    found: list[Digest] = []
    for path in sorted((STARTER / "trials").glob("*.json")):
        for study in json.loads(path.read_text(encoding="utf-8"))["studies"]:
            protocol = study["protocolSection"]
            identity = protocol["identificationModule"]
            description = protocol.get("descriptionModule", {})
            eligibility = protocol.get("eligibilityModule", {})
            design = protocol.get("designModule", {})
            arms = protocol.get("armsInterventionsModule", {})
            status = protocol.get("statusModule", {})
            outcomes = protocol.get("outcomesModule", {})
            texts = [identity["briefTitle"], identity.get("officialTitle", "")]
            for prose in ("briefSummary", "detailedDescription"):
                texts += str(description.get(prose, "")).splitlines()
            texts += str(eligibility.get("eligibilityCriteria", "")).splitlines()
            for outcome in [*outcomes.get("primaryOutcomes", []), *outcomes.get("secondaryOutcomes", [])]:
                texts += [outcome.get(part, "") for part in ("measure", "description", "timeFrame")]
            coded = [("condition", name) for name in protocol.get("conditionsModule", {}).get("conditions", [])]
            coded += [("intervention", item["name"]) for item in arms.get("interventions", [])]
            coded += [("phase", phase) for phase in design.get("phases", []) if phase != "NA"]
            coded.append(("status", status.get("overallStatus", "")))
            coded.append(("enrollment", str(design.get("enrollmentInfo", {}).get("count", ""))))
            sponsors = protocol.get("sponsorCollaboratorsModule", {})
            coded.append(("sponsor", sponsors.get("leadSponsor", {}).get("name", "")))
            coded += [(age, eligibility.get(age, "")) for age in ("minimumAge", "maximumAge")]
            if eligibility.get("sex") not in (None, "ALL", "BOTH", "All", "Both"):
                coded.append(("sex", eligibility["sex"]))
            found.append(
                Digest(
                    document_id=f"nct:{identity['nctId']}",
                    file=path.name,
                    title=identity["briefTitle"],
                    texts=[text for text in texts if text.strip()],
                    link=f"https://clinicaltrials.gov/study/{identity['nctId']}",
                    coded=[(name, value) for name, value in coded if value and value not in ("N/A", "NA")],
                )
            )
    return found


def read_guidelines() -> list[Digest]:
    found: list[Digest] = []
    for path in sorted((STARTER / "guidelines").glob("*.md")):
        if path.name.casefold() == "readme.md":
            continue
        _, front_text, body = path.read_text(encoding="utf-8").split("---\n", 2)
        front: dict[str, Any] = yaml.safe_load(front_text)
        texts: list[str] = [str(front["title"])]
        recommendations: list[str] = []
        section = ""
        fresh = True
        for line in body.splitlines():
            if not line.strip():
                fresh = True
            elif line.startswith("#"):
                heading = line.lstrip("#").strip()
                section = heading.casefold() if line.startswith("## ") else section
                texts.append(heading)
                fresh = True
            elif _ITEM.match(line):
                item = _ITEM.sub("", line)
                texts.append(item)
                if section == "recommendations":
                    recommendations.append(item)
                fresh = False
            elif fresh:
                texts.append(line.strip())
                fresh = False
            else:
                texts[-1] += " " + line.strip()
                if section == "recommendations" and recommendations:
                    recommendations[-1] += " " + line.strip()
        found.append(
            Digest(
                document_id=f"guideline:{str(front['publisher']).casefold()}/{front['slug']}@{front['version']}",
                file=path.name,
                title=str(front["title"]),
                texts=texts,
                link=str(front.get("url", "")),
                digest_of=str(front.get("digest_of", "")),
                front=front,
                recommendations=recommendations,
            )
        )
    return found


class Library(NamedTuple):
    studies: list[Digest]
    trials: list[Digest]
    guidelines: list[Digest]
    questions: list[tuple[str, dict[str, Any]]]

    @property
    def documents(self) -> list[Digest]:
        return [*self.studies, *self.trials, *self.guidelines]


@pytest.fixture(scope="session")
def library() -> Library:
    questions: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(STARTER.glob("questions*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        questions += [(path.name, json.loads(line)) for line in lines if line.strip()]
    return Library(read_studies(), read_trials(), read_guidelines(), questions)


# ------------------------------------------------------------------------------------------------------ the records


@dataclass
class Record:
    """What the data hold for one identifier: all its text, and the coded fields the tests compare."""

    texts: list[str] = field(default_factory=list)
    years: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    retracted: bool = False

    @property
    def text(self) -> str:
        return plain(" \n ".join(self.texts))


Records = dict[str, Record]


def _pubmed_xml(stream: Any, wanted: set[str], records: Records) -> None:
    for _, article in etree.iterparse(stream, tag="PubmedArticle", load_dtd=False, no_network=True, recover=True):
        node = article.find("MedlineCitation/PMID")
        pmid = "" if node is None else str(node.text)
        if pmid in wanted:
            record = records.setdefault(pmid, Record())
            record.texts += [_inner(part) for part in article.iter("ArticleTitle", "AbstractText")]
            record.texts.append(" ".join(article.itertext()))
            record.years.update(str(year.text).removesuffix(".0") for year in article.iter("Year") if year.text)
            record.types.update(str(part.text) for part in article.iter("PublicationType"))
            record.retracted |= any(
                part.get("RefType") in ("RetractionIn", "PartialRetractionIn")
                for part in article.iter("CommentsCorrections")
            )
            record.retracted |= "Retracted Publication" in record.types
        article.clear()


def study_records(wanted: set[str]) -> Records:
    records: Records = {}
    for shard in sorted((DATA / "ingest" / "pubmed_xml_reserialised").glob("*.xml.gz")):
        with gzip.open(shard, "rb") as stream:
            _pubmed_xml(stream, wanted, records)
    for native in sorted((DATA / "ingest" / "pubmed_native").rglob("*.xml*")):
        if native.name.startswith("pubmed"):
            with gzip.open(native, "rb") if native.suffix == ".gz" else native.open("rb") as stream:
                try:
                    _pubmed_xml(stream, wanted, records)
                except etree.XMLSyntaxError:
                    continue  # some native samples are broken on purpose
    head = re.compile(r'\{"pmid": "(\d+)"')
    with lzma.open(DATA / "eval" / "pubmed_corpus.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            at = head.match(line)
            if at is not None and at.group(1) not in wanted:
                continue
            row = json.loads(line)
            if row["pmid"] in wanted:
                record = records.setdefault(row["pmid"], Record())
                record.texts += list(leaves(row))
                record.years.add(str(row.get("year") or "").removesuffix(".0"))
                record.retracted |= bool(row.get("retracted"))
    for record in records.values():
        record.years.discard("")
    return records


def _registrations(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Trial registrations anywhere in a JSON value, with their registry numbers."""
    if isinstance(node, list):
        for value in node:
            yield from _registrations(value)
    elif isinstance(node, dict):
        if "Clinical Trial ID" in node:
            yield str(node["Clinical Trial ID"]), node
        elif "protocolSection" in node:
            yield str(node["protocolSection"].get("identificationModule", {}).get("nctId")), node
        elif "ProtocolSection" in node:
            yield str(node["ProtocolSection"].get("IdentificationModule", {}).get("NCTId")), node
        else:
            for value in node.values():
                yield from _registrations(value)


def _trial_file(name: str, content: bytes, wanted: set[str], records: Records) -> None:
    if not any(nct.encode() in content for nct in wanted):
        return
    if name.endswith(".json"):
        for nct, node in _registrations(json.loads(content)):
            if nct in wanted:
                records.setdefault(nct, Record()).texts += list(leaves(node))
    elif name.endswith(".xml"):
        root = etree.fromstring(content, etree.XMLParser(recover=True, no_network=True, huge_tree=True))
        for study in root.iter("clinical_study"):
            nct = study.findtext("id_info/nct_id") or ""
            if nct in wanted:
                records.setdefault(nct, Record()).texts += [str(text) for text in study.itertext()]


def trial_records(wanted: set[str]) -> Records:
    records: Records = {}
    shape = re.compile(r'"nctId": "(NCT\d{8})"')
    studies = DATA / "ingest" / "ctgov_v2_reserialised" / "studies.jsonl.gz"
    with gzip.open(studies, "rt", encoding="utf-8") as lines:
        for line in lines:
            at = shape.search(line, 0, 400)
            if at is None or at.group(1) in wanted:
                for nct, node in _registrations(json.loads(line)):
                    if nct in wanted:
                        records.setdefault(nct, Record()).texts += list(leaves(node))
    places = [DATA / "ingest" / "ctgov_native", DATA / "eval" / "nli4ct_raw" / "CT json"]
    for path in sorted(path for place in places for path in place.rglob("*") if path.is_file()):
        if path.name.endswith(".tar.xz"):
            with tarfile.open(path, "r:xz") as archive:
                for member in archive:
                    packed = archive.extractfile(member) if member.isfile() else None
                    if packed is not None:
                        _trial_file(member.name, packed.read(), wanted, records)
        elif path.name.endswith(".json.xz"):
            _trial_file(path.stem, lzma.decompress(path.read_bytes()), wanted, records)
        elif path.suffix in (".json", ".xml"):
            _trial_file(path.name, path.read_bytes(), wanted, records)
    return records


def _uspstf(digest: Digest, fragment: str) -> Record | None:
    """One USPSTF statement with its graded recommendations and the linked grade definitions.

    The identifier may be the statement's or one of its recommendations'; the link has to name the same statement.
    """
    folder = DATA / "ingest" / "guidelines" / "uspstf_api"
    dump = json.loads((folder / "src" / "assets" / "data" / "sample.json").read_text(encoding="utf-8"))
    older = json.loads((folder / "working-guidlines.json").read_text(encoding="utf-8"))
    specific = [*dump["specificRecommendations"], *older["specificRecommendations"]]
    statements: dict[str, dict[str, Any]] = dump["generalRecommendations"]
    named = {fragment} | {str(item.get("general")) for item in specific if str(item["id"]) == fragment}
    named |= {key for key, statement in statements.items() if statement.get("uspstfAlias") == fragment}
    slug = digest.link.rstrip("/").rpartition("/")[2]
    record = Record()
    for key in sorted(named):
        statement = statements.get(key)
        if statement is None or statement.get("uspstfAlias") != slug:
            continue
        parts = [statement, *(item for item in specific if str(item.get("general")) == key)]
        record.texts += [text for part in parts for text in leaves(part)]
        record.years.add(str(statement.get("topicYear")))
    return record if record.texts else None


def _pages(path: Path, fragment: str) -> Record:
    pdfium = pytest.importorskip("pypdfium2")
    first, _, last = fragment.partition("=")[2].partition("-")
    record = Record()
    document = pdfium.PdfDocument(str(path))
    try:
        for number in range(int(first), int(last or first) + 1):
            page = document[number - 1]
            record.texts.append(re.sub(r"(\w)-\r?\n(\w)", r"\1\2", page.get_textpage().get_text_range()))
    finally:
        document.close()
    return record


def _find_id(node: Any, fragment: str) -> Iterator[Any]:
    """The JSON values that carry this identifier, as a key or as their own id."""
    if isinstance(node, dict):
        if fragment in {str(node.get(name)) for name in ("id", "node_id", "slug", "guideline_id", "_id")}:
            yield node
            return
        for key, value in node.items():
            if key == fragment:
                yield value
            else:
                yield from _find_id(value, fragment)
    elif isinstance(node, list):
        for value in node:
            yield from _find_id(value, fragment)


def guideline_record(digest: Digest) -> Record | None:
    name, _, fragment = digest.digest_of.partition("#")
    path = DATA / name
    if not name or not path.is_file():
        return None
    if "uspstf_api" in name and path.suffix == ".json":
        return _uspstf(digest, fragment)
    if path.suffix == ".pdf":
        return _pages(path, fragment)
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        found = list(_find_id(content, fragment)) if fragment else [content]
        if fragment and not found:
            return None
        texts = [path.stem, *leaves(found)]
        texts += [str(key) for node in found if isinstance(node, dict) for key in node]
        return Record(texts=texts)
    return Record(texts=[path.stem, path.read_text(encoding="utf-8", errors="replace")])


@pytest.fixture(scope="session")
def records(library: Library) -> Records:
    """The records behind the digests, by document id; whatever the data do not have is missing here."""
    if not (DATA / "ingest").is_dir():
        pytest.skip(f"no source data at {DATA}: set CITEWELL_DATA to the folder that holds ingest/ and eval/")
    found: Records = {}
    studies = study_records({digest.key for digest in library.studies})
    trials = trial_records({digest.key for digest in library.trials})
    found.update({f"pubmed:{pmid}": record for pmid, record in studies.items()})
    found.update({f"nct:{nct}": record for nct, record in trials.items()})
    for digest in library.guidelines:
        record = guideline_record(digest)
        if record is not None:
            found[digest.document_id] = record
    return found


def report(problems: list[str]) -> str:
    return f"{len(problems)} problem(s):\n" + "\n".join(problems)


# ---------------------------------------------------------------------------------------- what holds without the data


def test_the_library_is_large_enough(library: Library) -> None:
    have = {
        "recommendations": sum(len(digest.recommendations) for digest in library.guidelines),
        "studies": len(library.studies),
        "trials": len(library.trials),
        "answerable": sum(1 for _, question in library.questions if question["answerable"]),
        "refused": sum(1 for _, question in library.questions if not question["answerable"]),
    }
    short = [f"{name}: {have[name]} of at least {least}" for name, least in MINIMA.items() if have[name] < least]
    assert not short, report(short)


def test_every_document_is_there_once(library: Library) -> None:
    seen: dict[str, str] = {}
    problems: list[str] = []
    for digest in library.documents:
        if digest.document_id in seen:
            problems.append(f"{digest.document_id} in {digest.file}: also in {seen[digest.document_id]}")
        seen[digest.document_id] = digest.file
    assert not problems, report(problems)


def test_every_title_says_digest(library: Library) -> None:
    problems = [
        f"{digest.document_id} in {digest.file}: title {digest.title[:60]!r}"
        for digest in library.documents
        if not digest.title.startswith(TITLE_START) or len(digest.title) < len(TITLE_START) + 10
    ]
    assert not problems, report(problems)


def test_every_document_has_an_identifier_and_a_link(library: Library) -> None:
    problems: list[str] = []
    for digest in library.studies:
        if not digest.key.isdigit():
            problems.append(f"{digest.document_id} in {digest.file}: PMID {digest.key!r}")
        if PUBMED_LINK.format(digest.key) not in digest.link:
            problems.append(f"{digest.document_id} in {digest.file}: no link {PUBMED_LINK.format(digest.key)}")
    problems += [
        f"{digest.document_id} in {digest.file}: registry number {digest.key!r}"
        for digest in library.trials
        if not _NCT.fullmatch(digest.key)
    ]
    for digest in library.guidelines:
        if not re.fullmatch(r"https?://\S+\.\S+", digest.link):
            problems.append(f"{digest.document_id} in {digest.file}: link {digest.link!r}")
        missing = [
            name for name in ("publisher", "slug", "version", "status", "digest_of") if not digest.front.get(name)
        ]
        problems += [f"{digest.document_id} in {digest.file}: no {name}" for name in missing]
    assert not problems, report(problems)


def test_every_document_has_text(library: Library) -> None:
    problems = [
        f"{digest.document_id} in {digest.file}: hardly any text"
        for digest in library.documents
        if len(words(" ".join(digest.texts[1:]))) < 30
    ]
    for digest in library.guidelines:
        if not 1 <= len(digest.recommendations) <= 8:
            problems.append(f"{digest.document_id} in {digest.file}: {len(digest.recommendations)} recommendations")
        if digest.front.get("status") not in ("current", "draft", "superseded"):
            problems.append(f"{digest.document_id} in {digest.file}: status {digest.front.get('status')!r}")
        if digest.front.get("status") == "superseded" and not digest.front.get("superseded_by"):
            problems.append(f"{digest.document_id} in {digest.file}: superseded by what?")
    assert not problems, report(problems)


def test_every_question_is_unique_and_well_formed(library: Library) -> None:
    ids: dict[str, str] = {}
    asked: dict[str, str] = {}
    problems: list[str] = []
    for file, question in library.questions:
        name = question["id"]
        where = f"{name} in {file}"
        if name in ids:
            problems.append(f"{where}: id also in {ids[name]}")
        ids[name] = file
        text = " ".join(words(question["question"]))
        if text in asked:
            problems.append(f"{where}: same question as {asked[text]}")
        asked[text] = name
        if question["answerable"]:
            if not question.get("gold_document_ids") or not question.get("must_contain"):
                problems.append(f"{where}: answerable without gold_document_ids or must_contain")
        elif not question.get("why") or question.get("gold_document_ids"):
            problems.append(f"{where}: a refusal says why and has no gold_document_ids")
    assert not problems, report(problems)


def test_every_gold_document_is_in_the_library(library: Library) -> None:
    documents = {digest.document_id: digest for digest in library.documents}
    problems: list[str] = []
    for file, question in library.questions:
        if not question["answerable"]:
            continue
        gold = question["gold_document_ids"]
        problems += [f"{question['id']} in {file}: no document {key}" for key in gold if key not in documents]
        text = "\n".join(part for key in gold if key in documents for part in documents[key].texts).casefold()
        for needle in question["must_contain"]:
            if needle.casefold() not in text:
                problems.append(f"{question['id']} in {file}: no gold document says {needle!r}")
    assert not problems, report(problems)


# ---------------------------------------------------------------------------------------------- what holds by the data


def test_every_identifier_exists(library: Library, records: Records) -> None:
    problems = [
        f"{digest.document_id} in {digest.file}: no such record in the data ({digest.digest_of or 'by identifier'})"
        for digest in library.documents
        if digest.document_id not in records
    ]
    assert not problems, report(problems)


def test_every_number_occurs_in_the_record(library: Library, records: Records) -> None:
    problems: list[str] = []
    for digest in library.documents:
        record = records.get(digest.document_id)
        if record is None:
            continue
        known, known_percentages = numbers(record.text), percentages(record.text)
        if not digest.document_id.startswith("guideline:"):
            known |= numbers(digest.key)
        for text in digest.texts:
            strange = [token for token in own_numbers(text) if token not in known]
            strange += [f"{token}%" for token in own_percentages(text) if token not in known_percentages]
            problems += [f"{digest.document_id} in {digest.file}: {token!r} in {text[:90]!r}" for token in strange]
    assert not problems, report(problems)


def test_no_sentence_is_copied(library: Library, records: Records) -> None:
    problems: list[str] = []
    for digest in library.documents:
        record = records.get(digest.document_id)
        if record is None:
            continue
        known = runs(record.text)
        for text in digest.texts:
            shared = sorted(runs(_GRADE.sub("", text)) & known)
            if shared:
                problems.append(f"{digest.document_id} in {digest.file}: {' '.join(shared[0])!r}")
    assert not problems, report(problems)


def test_nothing_retracted_is_in_the_library(library: Library, records: Records) -> None:
    listed: set[str] = set()
    folder = DATA / "eval" / "retraction"
    if (folder / "pubmed_retracted_pmids_2015.json").is_file():
        content = json.loads((folder / "pubmed_retracted_pmids_2015.json").read_text(encoding="utf-8"))
        listed |= {text for text in leaves(content) if text.isdigit()}
    if (folder / "retracted_in_corpus.tsv").is_file():
        rows = (folder / "retracted_in_corpus.tsv").read_text(encoding="utf-8").splitlines()
        listed |= {cell for row in rows for cell in row.split("\t")[:1] if cell.isdigit()}
    problems = [
        f"{digest.document_id} in {digest.file}: retracted"
        for digest in library.studies
        if digest.key in listed or (digest.document_id in records and records[digest.document_id].retracted)
    ]
    assert not problems, report(problems)


def test_coded_fields_are_the_records_own(library: Library, records: Records) -> None:
    problems: list[str] = []
    for digest in library.studies:
        record = records.get(digest.document_id)
        if record is None:
            continue
        if digest.year and digest.year not in record.years:
            problems.append(f"{digest.document_id} in {digest.file}: year {digest.year}, not {sorted(record.years)}")
        if digest.journal and squash(digest.journal) not in squash(record.text):
            problems.append(f"{digest.document_id} in {digest.file}: journal {digest.journal!r}")
        strange = set(digest.types) - record.types - ADDED_TYPES - {"Journal Article"}
        problems += [f"{digest.document_id} in {digest.file}: publication type {kind!r}" for kind in sorted(strange)]
    for digest in library.trials:
        record = records.get(digest.document_id)
        if record is None:
            continue
        text = squash(record.text)
        for name, value in digest.coded:
            if squash(value) not in text:
                problems.append(f"{digest.document_id} in {digest.file}: {name} {value!r}")
    assert not problems, report(problems)
