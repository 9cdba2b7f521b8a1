"""The chat page in a real browser, with the scripted assistant behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from page_server import Server, ask
from scripted import DELAY, HOSTILE, INTENSIVE, THRESHOLD

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Any]

QUESTION = "At what blood pressure should drug treatment of hypertension start?"


def marked(page: Any) -> str:
    """The marked words of the open source."""
    page.locator(".cw-source mark").first.wait_for()
    text: str = page.locator(".cw-source mark").inner_text()
    return text


def test_each_sentence_opens_its_source_with_the_cited_words_marked(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    answer = ask(page, QUESTION)
    claims = answer.locator(".cw-claim")
    assert [re.sub(r"\s*\[\d]$", "", text) for text in claims.all_inner_texts()] == [THRESHOLD, DELAY, INTENSIVE]
    for claim, quote in zip(claims.all(), (THRESHOLD, DELAY, INTENSIVE), strict=True):
        claim.get_by_role("button").click()
        assert marked(page) == quote
    panel = page.locator(".cw-source")
    words = panel.inner_text()
    assert "Study, 2015" in words
    assert "Evidence level 2 of 5" in words
    assert "Corrected after publication" in words
    assert "PMID 26551272" in words
    link = panel.get_by_role("link", name="Open the original")
    assert link.get_attribute("href") == "https://pubmed.ncbi.nlm.nih.gov/26551272/"
    assert link.get_attribute("target") == "_blank"
    assert "noopener" in link.get_attribute("rel")
    assert "Corrected [2]" in answer.locator(".cw-warnings").inner_text()
    assert answer.locator(".cw-sources li").count() == 2


def test_the_steps_show_while_it_works(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    page.locator("#chat-input").fill(QUESTION)
    page.keyboard.press("Enter")
    page.get_by_text("Searching guidelines, literature and trials").wait_for()
    page.locator(".cw-answer").wait_for()
    assert page.get_by_text("Searching guidelines, literature and trials").count() == 0
    page.get_by_text("How this answer was made").click()
    assert "search (library): 24 found, 41 ms" in page.locator(".cw-how").inner_text()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_hostile_text_is_shown_and_does_nothing(server: Server, open_page: OpenPage, width: int, height: int) -> None:
    page = open_page(server.url, width, height)
    answer = ask(page, f"poison {HOSTILE}")
    answer.locator(".cw-marker").first.click()
    assert marked(page) == HOSTILE
    for place in (".cw-answer", ".cw-source", "[data-step-type=user_message]"):
        found = page.locator(f"{place} :is(img, script, iframe, b, code, a[href*=evil], a[href^=javascript], .katex)")
        assert [element.evaluate("e => e.outerHTML") for element in found.all() if place != ".cw-answer"] == []
        assert found.count() == 0
    assert HOSTILE in page.locator("[data-step-type=user_message]").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_narrow_screen_reads_everything(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url, 390, 844)
    answer = ask(page, QUESTION)
    answer.locator(".cw-marker").first.click()
    assert marked(page) == THRESHOLD
    page.wait_for_timeout(600)  # the sheet slides in
    box = page.locator(".cw-source mark").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Close").click()
    page.locator(".cw-source").wait_for(state="detached")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_is_enough(server: Server, open_page: OpenPage, width: int) -> None:
    page = open_page(server.url, width)
    ask(page, QUESTION)
    page.wait_for_timeout(300)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.className") == "cw-marker":
            break
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name.startswith("Source 2, Study: A Randomized Trial")
    page.keyboard.press("Enter")
    assert marked(page) == INTENSIVE
    assert page.evaluate("document.activeElement.closest('.cw-source, [role=dialog]') !== null")
    page.keyboard.press("Escape")
    page.locator(".cw-source").wait_for(state="detached")
    page.wait_for_timeout(200)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name


def test_what_is_not_answered_is_said_plainly(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    nothing = ask(page, "Do dragons need statins?").inner_text()
    assert nothing.startswith("I found nothing in the library that supports an answer.")
    assert "Searched: 30 guidelines" in nothing
    assert ask(page, "x" * 50_000).inner_text().startswith("That question could not be taken.\n")
    broken = ask(page, "crash for Jane Roe, born 1950-01-01").inner_text()
    assert broken.startswith("Something went wrong on our side.")
    assert "Jane" not in broken
    assert "ZeroDivisionError" in server.said
    assert "Jane" not in server.said


def test_the_page_says_what_it_is_for(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    welcome = page.locator("#welcome-screen").inner_text()
    for words in ("health professionals", "does not replace", "Not for emergencies", "no patient identifiers"):
        assert words in welcome
    assert page.locator("#starters button").count() == 6
    assert page.locator("#upload-button, [id*=voice], input[type=file]").count() == 0
    page.locator("#readme-button").click()
    assert "Check the cited words" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    page.locator("#starters button").first.click()
    page.locator(".cw-answer").wait_for()
    assert "Check the cited words" in page.locator(".watermark").inner_text()


def test_a_picture_for_the_readme(server: Server, open_page: OpenPage, tmp_path: Path) -> None:
    """`CITEWELL_SCREENSHOT_DIR` keeps the pictures."""
    folder = Path(os.environ.get("CITEWELL_SCREENSHOT_DIR", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for name, width, height, theme in (
        ("answer", 1280, 800, "light"),
        ("answer-dark", 1280, 800, "dark"),
        ("answer-narrow", 390, 844, "light"),
    ):
        page = open_page(server.url, width, height, theme)
        ask(page, QUESTION).locator(".cw-marker").first.click()
        page.locator(".cw-source mark").wait_for()
        page.wait_for_timeout(600)  # the panel slides in
        picture = page.screenshot(path=folder / f"{name}.png")
        assert len(picture) > 20_000


# -- follow-ups


def test_a_follow_up_shows_how_it_was_read(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    ask(page, "Should healthy adults over 60 start aspirin?")
    answer = ask(page, "and in pregnancy?")
    words = answer.locator(".cw-read").inner_text()
    assert "Read as: Should pregnant women start aspirin?" in words
    assert "From the question before" in words
    other = ask(page, "How is gout treated?")
    assert other.locator(".cw-read").count() == 0


def test_insisting_gets_the_same_answer_again(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    first = ask(page, QUESTION).locator(".cw-claim").all_inner_texts()
    again = ask(page, "You are wrong, answer yes!")
    assert again.locator(".cw-claim").all_inner_texts() == first
    assert "no opinion moves it" in again.locator(".cw-read").inner_text()


def test_an_earlier_source_is_opened_by_number(server: Server, open_page: OpenPage) -> None:
    page = open_page(server.url)
    assert "Ask a question first" in ask(page, "open 2").inner_text()
    ask(page, QUESTION)
    for words in ("open 2", "[2]", "show source 2"):
        opened = ask(page, words)
        assert "Source [2]" in opened.inner_text()
        assert marked(page) == INTENSIVE
        page.get_by_role("button", name="Close source").click()
        page.locator(".cw-source").wait_for(state="detached")
    assert "1 to 2" in ask(page, "open 9").inner_text()


def test_another_chat_knows_nothing_of_this_one(server: Server, open_page: OpenPage) -> None:
    ask(open_page(server.url), QUESTION)
    assert "Ask a question first" in ask(open_page(server.url), "open 1").inner_text()
