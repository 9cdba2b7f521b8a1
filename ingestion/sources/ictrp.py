"""Trials as the WHO's International Clinical Trials Registry Platform (ICTRP) exports them: XML and CSV of its search portal, CSV of all trials.

The portal (https://trialsearch.who.int) writes `<Trials_downloaded_from_ICTRP>` with a `<Trial>` each, and a CSV with a header. The full export
(https://www.who.int/tools/clinical-trials-registry-platform) is a CSV without one, its cells in quotes twice over; its columns are those of
`ICTRP_export_datafields.txt`, which comes with it. All name the same fields, spelled in several ways. `ictrp_trial.py` reads them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from ingestion.document import Document, Item, Problem, printable
from ingestion.errors import SourceError
from ingestion.sources.compressed import unpacked_name
from ingestion.sources.ictrp_trial import MEND, TRIAL_ID, Fields, field_name, read_trial
from ingestion.sources.markup import Naming, document_element, elements, words
from ingestion.sources.records import lines

_ROOT = "Trials_downloaded_from_ICTRP"
_NAMING = Naming(re.compile(rb"<TrialID>\s*([\w./-]{4,60})\s*</TrialID>"), "ictrp:", MEND)
MAX_ROW = 16 << 20
"""The longest row of a CSV in characters."""
_CONTACT = ("firstname", "lastname", "address", "email", "tel", "affiliation")
_COLUMNS = (
    *("trialid", "lastrefreshedon", "secondaryids", "publictitle", "scientifictitle", "url"),
    *(f"publiccontact{part}" for part in _CONTACT),
    *(f"scientificcontact{part}" for part in _CONTACT),
    *("studytype", "studydesign", "phase", "dateregistration", "dateenrollement", "targetsize", "recruitmentstatus"),
    *("primarysponsor", "secondarysponsors", "sourcesupport", "countries", "conditions", "interventions"),
    *("agemin", "agemax", "gender", "inclusioncriteria", "exclusioncriteria", "primaryoutcome", "secondaryoutcomes"),
    *("bridgingflag", "bridgedtype", "childs", "typeenrolment", "retrospectiveflag"),
    *("resultsactualenrollment", "resultsurllink", "resultssummary", "resultsdateposted"),
    *("resultsdatefirstpublication", "resultsbaselinechar", "resultsparticipantflow", "resultsadverseevents"),
    *("resultsoutcomemeasures", "resultsurlprotocol", "resultsipdplan", "resultsipddescription"),
    *("resultsdatecompleted", "resultsyesno", "ethicsstatus", "ethicsapprovaldate", "ethicscontactname"),
    *("ethicscontactaddress", "ethicscontactphone", "ethicscontactemail"),
)
"""The columns of the full export. The date of the second is in the files, though not in their list of columns."""
_HEADER = re.compile(rb'(?:\xef\xbb\xbf)?"?TrialID"?\s*,', re.IGNORECASE)
_HEADLESS = re.compile(rb'(?:\xef\xbb\xbf)?"?[A-Za-z][\w./-]{3,59}"?,"""[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}"""')
_ROW = re.compile(r'"?[A-Za-z][\w./-]{0,60}[0-9]{4}[\w./-]{0,60}"?,"')  # how a row begins


class IctrpXml:
    """The parser of the portal's XML."""

    name = "WHO ICTRP XML"
    kind = "trials"
    version = 2
    suffixes = (".xml",)

    def recognises(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing: judge by content
        """Whether the document element is the portal's."""
        return document_element(head) == _ROOT

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order; raises what `xml_records` raises."""
        for item in elements(path, _ROOT, ("Trial",), _NAMING):
            if isinstance(item, Problem):
                yield item
                continue
            record, element = item
            fields = {field_name(str(child.tag)): words(child) for child in element if isinstance(child.tag, str)}
            yield read_trial(fields, f"record {record.ordinal}")


class IctrpCsv:
    """The parser of the portal's CSV, which has a header, and of the full export, which has none."""

    name = "WHO ICTRP CSV"
    kind = "trials"
    version = 2
    suffixes = (".csv",)

    def recognises(self, path: Path, head: bytes) -> bool:
        """Whether the file begins with the portal's header, or with a row of the full export."""
        return bool(_HEADER.match(head)) or (unpacked_name(path).endswith(".csv") and bool(_HEADLESS.match(head)))

    def parse(self, path: Path) -> Iterator[Item]:
        """Documents and problems in file order; raises what `lines` raises, and `SourceError` where the columns are not ICTRP's."""
        columns: tuple[str, ...] = ()
        for number, row in _rows(path):
            if isinstance(row, Problem):
                yield row
            elif not columns and (named := tuple(map(field_name, row)))[:1] == ("trialid",):
                columns = named
            else:
                columns = columns or _COLUMNS
                yield _row(path, number, row, columns)


def _row(path: Path, number: int, row: list[str], columns: tuple[str, ...]) -> Document | Problem:
    where = f"line {number}"
    if len(row) != len(columns):
        if columns is _COLUMNS and not TRIAL_ID.fullmatch(row[0]):
            raise SourceError(f"{path}: has neither ICTRP's header nor the columns of its full export; {MEND}")
        name = f"ictrp:{row[0]}" if TRIAL_ID.fullmatch(row[0]) else where
        return Problem(name, f"has {len(row)} columns instead of {len(columns)} ({where})", MEND)
    fields: Fields = {column: _unquoted(cell) for column, cell in zip(columns, row, strict=True)}
    return read_trial(fields, where)


def _unquoted(cell: str) -> str:
    """A cell without the second pair of quotes that the full export puts around it."""
    cell = cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
    return "" if cell == "NULL" else cell


def _rows(path: Path) -> Iterator[tuple[int, list[str] | Problem]]:
    """The rows with the numbers of their first lines. A row whose quotes never close ends where the next one begins."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_ROW))  # the default, 128 KiB, is less than some results have
    held: list[str] = []
    start = length = quotes = 0
    for number, line in lines(path):
        text = _decoded(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        if held and (_ROW.match(text) or length > MAX_ROW):
            yield start, Problem(f"line {start}", "a quotation mark in it is never closed", MEND)
            held, length, quotes = [], 0, 0
        if not held:
            start = number
        held.append(text)
        length += len(text)
        quotes += text.count('"')
        if quotes % 2 == 0:
            if length:
                yield start, _cells("\n".join(held), start)
            held, length, quotes = [], 0, 0
    if held:
        yield start, Problem(f"line {start}", "the file ends within it", MEND)


def _cells(row: str, number: int) -> list[str] | Problem:
    try:
        return next(csv.reader([row]))
    except (csv.Error, StopIteration) as error:
        return Problem(f"line {number}", f"is no row of a CSV ({error})", MEND)


def _decoded(line: bytes) -> str:
    """Exports of several years are mixed: a line that is not UTF-8 is Windows-1252."""
    try:
        return printable(line.decode())
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
