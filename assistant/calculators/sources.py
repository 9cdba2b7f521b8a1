"""Where a formula or an interpretation comes from, as it is cited."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ConfigDict


@dataclass(frozen=True, slots=True)
class Source:
    """A publication. `authors` are names with initials, separated by commas, or one body; `place` is volume and pages, or the publisher."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    authors: str
    title: str
    journal: str
    year: int
    place: str = ""
    doi: str = ""
    pmid: str = ""
    body: bool = False

    @property
    def short(self) -> str:
        """As it is named within a sentence: "Lip et al. 2010"."""
        if self.body:
            return f"{self.authors} {self.year}"
        names = [name.strip().rsplit(" ", 1)[0] for name in self.authors.split(",")]
        several = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        return f"{several} {self.year}"

    @property
    def url(self) -> str:
        """Where it can be read, as far as its identifiers say."""
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else ""

    @property
    def citation(self) -> str:
        """In full: authors, title, journal, year, place and identifiers."""
        where = f"{self.journal} {self.year}" + (f";{self.place}" if self.place else "")
        identifiers = [f"doi:{self.doi}" if self.doi else "", f"PMID {self.pmid}" if self.pmid else ""]
        return ". ".join([self.authors, self.title, ", ".join(filter(None, [where, *identifiers]))])

    @property
    def line(self) -> str:
        """In one sentence without a full stop inside, so that it can be quoted whole."""
        who = self.short.removesuffix(f" {self.year}")
        where = f"{self.journal} {self.year}" + (f";{self.place}" if self.place else "")
        identifier = f"doi:{self.doi}" if self.doi else f"PMID {self.pmid}" if self.pmid else ""
        return ", ".join(filter(None, [f"{who}, {where}", identifier]))
