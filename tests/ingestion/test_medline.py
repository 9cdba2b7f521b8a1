"""Dates as MEDLINE prints them: every form that its documentation allows, and whatever else stands there."""

from __future__ import annotations

import re
import tracemalloc
from datetime import date

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from ingestion.sources.medline import abstract_role, publication_date, written_date

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip
YEARS = st.integers(1781, 2099)
SEASONS = st.sampled_from(("Spring", "Summer", "Fall", "Autumn", "Winter"))
QUARTERS = st.sampled_from(("1st Quart", "2d Quart", "3rd Quart", "4th Quart", "First Quarter"))
NAMES = st.sampled_from(MONTHS).flatmap(lambda name: st.sampled_from((name, name[:3], name[:3].upper())))
NUMBERS = st.integers(1, 31).flatmap(lambda number: st.sampled_from((str(number), f"{number:02}")))


def element(**parts: str) -> etree._Element:
    """A `PubDate` with those children."""
    found = etree.Element("PubDate")
    for name, text in parts.items():
        etree.SubElement(found, name).text = text
    return found


@given(st.dates(date(1781, 1, 1), date(2099, 12, 31)), st.data())
def test_a_date_in_parts_is_read_as_exactly_as_it_is_printed(day: date, data: st.DataObject) -> None:
    name = MONTHS[day.month - 1]
    month = data.draw(st.sampled_from((name, name[:3], str(day.month), f"{day.month:02}")))
    number = data.draw(st.sampled_from((str(day.day), f"{day.day:02}")))
    year = str(day.year)
    assert publication_date(element(Year=year)) == (day.year, year)
    assert publication_date(element(Year=year, Month=month)) == (day.year, day.isoformat()[:7])
    assert publication_date(element(Year=year, Month=month, Day=number)) == (day.year, day.isoformat())
    assert publication_date(element(Year=year, Season=data.draw(SEASONS))) == (day.year, year)


# The forms of MedlineDate (https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html#medlinedate) and those that older records have.
RANGES = st.one_of(
    st.builds("{0}".format, YEARS),
    st.builds("{0}-{1}".format, YEARS, YEARS),
    st.builds("{0} {1}".format, YEARS, NAMES),
    st.builds("{0} {1}-{2}".format, YEARS, NAMES, NAMES),
    st.builds("{0} {1}/{2}".format, YEARS, NAMES, NAMES),
    st.builds("{0} {1}-{2} {3}".format, YEARS, NAMES, YEARS, NAMES),
    st.builds("{0} {1} {2}-{3}".format, YEARS, NAMES, NUMBERS, NUMBERS),
    st.builds("{0} {1} {2}- {3}".format, YEARS, NAMES, NUMBERS, NUMBERS),
    st.builds("{0} {1} {2}-{3} {4}".format, YEARS, NAMES, NUMBERS, NAMES, NUMBERS),
    st.builds("{0} {1} {2}-{3} {4} {5}".format, YEARS, NAMES, NUMBERS, YEARS, NAMES, NUMBERS),
)
SEASONAL = st.one_of(
    st.builds("{0} {1}".format, YEARS, SEASONS | QUARTERS),
    st.builds("{0} {1}-{2}".format, YEARS, SEASONS, SEASONS),
    st.builds("{0}-{1} {2}".format, YEARS, YEARS, SEASONS),
    st.builds("{1} {0}".format, YEARS, SEASONS | QUARTERS),
)
MONTH_FIRST = st.one_of(
    st.builds("{1} {0}".format, YEARS, NAMES),
    st.builds("{1}-{2} {0}".format, YEARS, NAMES, NAMES),
    st.builds("{1} {2} {0}".format, YEARS, NUMBERS, NAMES),
)


@given(RANGES)
def test_a_range_is_read_by_its_beginning(text: str) -> None:
    year, day = publication_date(element(MedlineDate=text))
    words = text.replace("/", "-").split()
    assert year == int(text[:4])
    month = words[1].partition("-")[0][:3].title() if len(words) > 1 else ""
    expected = f"{text[:4]}-{[name[:3] for name in MONTHS].index(month) + 1:02}" if month else text[:4]
    assert day is not None
    assert day[:7] == expected
    assert publication_date(element(MedlineDate=text)) == written_date(text)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))


@given(SEASONAL | MONTH_FIRST)
@example("15 Sept 1999")
@example("[1975?]")
@example("Dec. 31, 1987")
def test_whatever_stands_before_or_after_it_the_year_is_found(text: str) -> None:
    (digits, *_) = re.findall("[0-9]{4}", text)
    assert publication_date(element(MedlineDate=text))[0] == int(digits)


@given(st.dictionaries(st.sampled_from(("Year", "Month", "Day", "Season", "MedlineDate")), TEXT))
@example({"Year": "2019", "Month": "٣", "Day": "²"})
@example({"Year": "٢٠١٩"})
@example({"Year": "2019", "Month": "Feb", "Day": "30"})
@example({"Year": "2019", "Month": "Feb", "Day": "May"})
@example({"Year": "1992.0"})
def test_no_text_raises_and_no_date_is_made_up(parts: dict[str, str]) -> None:
    year, day = publication_date(element(**parts))
    if year is None or day is None:
        assert (year, day) == (None, None)
        return
    assert str(year) in "".join(parts.values())
    assert day[:4] == str(year)
    date.fromisoformat(f"{day}-01-01"[:10])


def test_a_year_that_went_through_a_spreadsheet_is_read() -> None:
    assert publication_date(element(Year="1992.0")) == (1992, "1992")


def test_what_is_remembered_of_labels_stays_small() -> None:
    tracemalloc.start()
    for number in range(100):  # a hostile file may have labels of megabytes
        abstract_role(f"{number} {'x' * 1_000_000}", "")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 5_000_000
