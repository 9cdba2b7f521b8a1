"""Small Excel workbooks, written part by part: what a spreadsheet program would refuse to write too."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass
class Sheet:
    """A sheet's cells by reference: text, or the whole `<c>` element where it begins with `<`."""

    name: str
    cells: Mapping[str, str]
    merged: Sequence[str] = ()
    state: str = ""
    columns: str = ""
    hidden_rows: Sequence[int] = field(default_factory=tuple)

    def xml(self) -> str:
        """The sheet's part."""
        rows: dict[int, list[str]] = {}
        for reference, text in self.cells.items():
            row = int("".join(character for character in reference if character.isdigit()))
            inline = f'<c r="{reference}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            rows.setdefault(row, []).append(text if text.startswith("<c ") else inline)
        listed = "".join(
            f'<row r="{number}"{" hidden=" + quoteattr("1") if number in self.hidden_rows else ""}>{"".join(cells)}</row>'
            for number, cells in sorted(rows.items())
        )
        merges = "".join(f'<mergeCell ref="{reference}"/>' for reference in self.merged)
        return (
            f'<worksheet xmlns="{NAMESPACE}"><cols>{self.columns}</cols><sheetData>{listed}</sheetData>'
            f"<mergeCells>{merges}</mergeCells></worksheet>"
        )


def write_workbook(
    path: Path, *sheets: Sheet, strings: str = "", styles: str = "", parts: Mapping[str, bytes | str] | None = None
) -> Path:
    """A workbook of these sheets; `strings` and `styles` are the content of those parts, `parts` replaces or adds whole ones."""
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{number}" r:id="rId{number}"'
        f"{f' state={quoteattr(sheet.state)}' if sheet.state else ''}/>"
        for number, sheet in enumerate(sheets, 1)
    )
    targets = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)}
    targets |= {"rIdStrings": ("sharedStrings", "sharedStrings.xml"), "rIdStyles": ("styles", "styles.xml")}
    relations = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    written: dict[str, bytes | str] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">{relations}</Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{NAMESPACE}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{NAMESPACE}">{styles}</styleSheet>',
        **{f"xl/worksheets/sheet{number}.xml": sheet.xml() for number, sheet in enumerate(sheets, 1)},
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in written.items():
            file.writestr(name, content)
    return path
