"""`citewell models llms`: the language models Citewell knows, what to choose one by, and the one that is set."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.table import Table

from assistant.cli.output import note, out, print_json, print_whole, text
from assistant.llms import card_of, parse_spec
from assistant.model_cards import Entry, MedQA, ModelCard, Price, registry
from assistant.settings import Settings, load_settings


def show(as_json: bool) -> None:
    """Print the registry, the model in use first. Nothing is asked of any server. Raises `SettingsError` where CITEWELL_LLM cannot be used."""
    card = _in_use(load_settings())
    used = card.entry if card else None
    if as_json:
        rows = [{**entry.model_dump(mode="json"), "in_use": entry.names[0] == used} for entry in registry()]
        body = {"in_use": asdict(card) if card else None, "models": rows}
        print_json(json.dumps(body, indent=2, ensure_ascii=False, default=str))
        return
    if card is not None:
        _print_card(card)
        print_whole("")
    table = Table(
        "",
        "Model",
        "Served by",
        "Context",
        "Tools",
        "Structure",
        "MedQA",
        "USD / million",
        box=None,
        header_style="bold",
    )
    for entry in registry():
        mark = entry.names[0] == used
        table.add_row(*map(text, _row(entry, "*" if mark else "")), style="bold" if mark else "")
    out.print(table)
    if card is None:
        note("None is set: answers come from the extractive engine. To set one: CITEWELL_LLM=PROVIDER:MODEL[@URL]")


def _in_use(settings: Settings) -> ModelCard | None:
    return card_of(settings, parse_spec(settings.llm)) if settings.llm else None


def _row(entry: Entry, mark: str) -> tuple[str, ...]:
    price = Price(**entry.price.model_dump()) if entry.price else None
    return (
        mark,
        entry.names[0],
        ", ".join(entry.providers),
        f"{entry.context:,}",
        entry.tools,
        entry.structured,
        f"{entry.medqa.accuracy:.1%}" if entry.medqa else "",
        f"{price.prompt:g} / {price.completion:g}" if price else "",
    )


def _print_card(card: ModelCard) -> None:
    print_whole(f"{card.provider}:{card.name}, in use", "bold")
    where = "local: prompts stay in this network" if card.interface == "local" else "API: prompts leave this network"
    allowed = "may be sent" if card.identifiers_allowed else "are never sent"
    lines = [
        f"Interface: {where}. Patients' identifiers {allowed}.",
        f"Reads {' and '.join(card.modality)}; {card.context_tokens:,} tokens of context, {card.output_tokens:,} of answer.",
        f"Tools: {card.tools}. Structured output: {card.structured}.",
        f"MedQA: {_medqa(card.medqa)}",
        f"Price: {_price(card)}",
        *card.remarks,
    ]
    for line in lines:
        print_whole(line, indent=2)


def _medqa(medqa: MedQA | None) -> str:
    if medqa is None:
        return "no published figure is known."
    return f"{medqa.accuracy:.1%} ({medqa.asked}; {medqa.source})."


def _price(card: ModelCard) -> str:
    if card.price is None:
        return "none is known." if card.interface == "api" else "none: it is your own machine."
    when = f"published {card.price.date}" if card.price.date else "as CITEWELL_LLM_PRICE says"
    return f"{card.price.prompt:g} USD per million tokens of prompt, {card.price.completion:g} of answer ({when})."
