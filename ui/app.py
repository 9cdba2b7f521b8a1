"""The chat page: the target that Chainlit loads. Text of documents and users goes to the browser as data only."""

from __future__ import annotations

import logging
import traceback
import warnings

import chainlit as cl

from assistant.answer import Answer
from assistant.conversation.referring import reopened
from assistant.conversation.reopening import unknown_source
from assistant.conversation.turns import Conversation, Turn
from assistant.errors import AssistantError, QuestionError
from indexes.errors import RetrievalError
from ui import words
from ui.asking import asked
from ui.page import Page, notice_page
from ui.rendering import answer_page, source_panel

logger = logging.getLogger("citewell.ui")

# At each connection Chainlit asks for the profiles a second time, from where it cannot wait for them, and drops the call.
warnings.filterwarnings("ignore", "coroutine '_profiles' was never awaited", RuntimeWarning)


@cl.data_layer  # type: ignore[arg-type]  # none at all is what we want
def _no_history() -> None:
    """Keep no chats, whatever `DATABASE_URL` or `LITERAL_API_KEY` the environment holds."""


@cl.set_chat_profiles
async def _profiles(_user: cl.User | None) -> list[cl.ChatProfile]:
    """The one profile: what the page is for, and first questions."""
    return [
        cl.ChatProfile(
            name=words.NAME,
            markdown_description=words.WELCOME,
            icon="/public/favicon.svg",
            default=True,
            starters=[cl.Starter(label=label, message=question) for label, question in words.STARTERS],
        )
    ]


@cl.on_message
async def _answer(message: cl.Message) -> None:
    """Show the steps while the assistant works, then the answer in their place; or show a source of an earlier answer again."""
    conversation = cl.user_session.get("conversation") or Conversation()  # type: ignore[no-untyped-call]
    number = reopened(message.content)
    if number is not None:
        await _reopen(number, conversation)
        return
    status = cl.Step(name="Reading the question", type="tool")
    try:
        async with status:
            page = await _page(message.content, status, conversation)
    finally:
        await status.remove()  # type: ignore[no-untyped-call]
    await _show(page)


async def _show(page: Page) -> None:
    # An element with an address is not written to a file by Chainlit: answers leave nothing on the disk.
    element = cl.CustomElement(name="Answer", props=dict(page), url="/public/elements/Answer.jsx")
    await cl.Message(content="", elements=[element]).send()  # type: ignore[no-untyped-call]


async def _reopen(number: int, conversation: Conversation) -> None:
    """Show a source of the last answer that has any in the panel beside, as its marker does."""
    turn = conversation.citing
    panel = source_panel(turn, number, asked().passage) if turn else None
    if panel is None:
        await _show(notice_page(words.NOT_ASKED, unknown_source(turn)))
        return
    await _show(notice_page(words.REOPENED.format(number=number), panel["source"]["title"]))
    element = cl.CustomElement(name="Source", props=dict(panel), url="/public/elements/Source.jsx", display="side")
    await cl.ElementSidebar.set_title(f"Source [{number}]")
    await cl.ElementSidebar.set_elements([element])


async def _page(question: str, status: cl.Step, conversation: Conversation) -> Page:
    """What to show for a question; never an exception's own words unless they were written for the reader."""
    page = notice_page(words.FAILED, words.FAILED_TEXT)
    try:
        assistant = asked()
        async for event in assistant.stream(question, conversation=conversation):
            if isinstance(event, Answer):
                # In this chat's memory only, and bounded; it goes when the chat does.
                cl.user_session.set("conversation", conversation.then(Turn.of(event)))  # type: ignore[no-untyped-call]
                page = answer_page(event, assistant.passage)
            else:
                status.name = event.text
                await status.update()  # type: ignore[no-untyped-call]
    except QuestionError as error:
        return notice_page(words.NOT_ASKED, str(error))
    except (AssistantError, RetrievalError) as error:
        return notice_page(words.FAILED, str(error))
    except Exception as error:  # noqa: BLE001 - whatever broke, the reader gets an answer that says so
        # Frames only: an exception's message may hold the question, and a question may hold a patient.
        frames = "".join(traceback.format_tb(error.__traceback__))
        logger.error("A question failed with %s\n%s", type(error).__name__, frames)  # noqa: TRY400
    return page
