"""`citewell models`: the embedders, rerankers, verifiers and language models there are, which are in use, and fine-tuning one on one's own data."""

from __future__ import annotations

import dataclasses
import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import language_models
from assistant.cli.opening import with_steps
from assistant.cli.output import note, print_json, print_whole
from assistant.cli.shelves import open_ledger
from assistant.models import model_store
from assistant.settings import Settings, load_settings
from assistant.verification.neural import VerifierSpec, chosen_folder, shipped_folder
from assistant.wording import counted
from indexes import embedding, reranking
from indexes.finetuning.store import Card, ModelKind
from ingestion.home import ledger_path
from ingestion.ledger import Ledger
from ingestion.versions import Versions

app = typer.Typer(
    help="Embedders, rerankers and language models: which there are, and better ones.", no_args_is_help=True
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As `citewell models list` shows it.")]
LIBRARY_PASSAGES = 50_000  # of a library that are learnt from: more would not fit in memory, nor in a day
DEFAULTS = {
    ModelKind.EMBEDDER: (embedding.DEFAULT, "MIT"),
    ModelKind.RERANKER: (reranking.DEFAULT, "Apache-2.0"),
}


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the models that are installed and those that were made here, which are in use, what was measured, and the licence.

    [dim]citewell models list[/]
    """
    settings = load_settings()
    store = model_store(settings)
    set_to = {ModelKind.EMBEDDER: settings.embedder, ModelKind.RERANKER: settings.reranker}
    fallback = {ModelKind.EMBEDDER: _library_embedder(settings) or embedding.DEFAULT, ModelKind.RERANKER: None}
    in_use = {kind: set_to[kind] or store.in_use(kind) or fallback[kind] for kind in ModelKind}
    rows = [_row(kind, *DEFAULTS[kind]) for kind in ModelKind]
    rows += [_row(card.kind, card.full_name, card.licence, card) for card in store.cards()]
    for kind, spec in in_use.items():
        if spec and spec not in {row["name"] for row in rows}:
            rows.append(_row(kind, spec, "its own"))
    for row in rows:
        row["in_use"] = in_use[ModelKind(str(row["kind"]))] == row["name"]
    if folder := chosen_folder():
        licence = "Apache-2.0" if folder == shipped_folder() else "its own"
        rows.append(_row("verifier", VerifierSpec.read(folder.expanduser()).name, licence) | {"in_use": True})
    rows.sort(key=lambda row: (str(row["kind"]), not row["in_use"]))
    if as_json:
        print_json(json.dumps({"models": rows}, indent=2, ensure_ascii=False))
        return
    for row in rows:
        print_whole(
            f"{row['name']}  {row['kind']}{', in use' if row['in_use'] else ''}", "bold" if row["in_use"] else ""
        )
        measured = f"nDCG@10 {row['measured']}; " if row["measured"] else ""
        print_whole(f"{measured}licence {row['licence']}", "dim", indent=3)


@app.command("llms")
def llms(as_json: JsonOption = False) -> None:
    """List the language models Citewell knows, with what to choose one by, and the card of the one that CITEWELL_LLM sets.

    [dim]citewell models llms[/]
    """
    language_models.show(as_json)


@app.command("show")
def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show how a model was made: its data, recipe, figures and versions.

    [dim]citewell models show ward-1[/]
    """
    card = model_store(load_settings()).card(name)
    if as_json:
        print_json(card.model_dump_json(indent=2))
        return
    print_whole(f"{card.full_name}: {card.kind}, made of {card.base} on {card.created:%Y-%m-%d}", "bold")
    print_whole(f"Licence: {card.licence}", indent=2)
    print_whole(f"nDCG@10, {card.figures.queries} queries held out: {_measured(card)}", indent=2)
    for data in card.data:
        print_whole(f"Data: {data.name}, {counted(data.pairs, 'pair')}, licence {data.licence}", indent=2)
    for title, figures in (("Training", card.training), ("Recipe", card.recipe), ("Versions", card.versions)):
        print_whole(
            f"{title}: " + ", ".join(f"{key} {value}" for key, value in figures.items() if value is not None), indent=2
        )
    print_whole(f"int8 agrees with the trained model by {card.agreement:.3f}", indent=2)


@app.command("use")
def use(
    name: NameArgument,
    force: Annotated[bool, typer.Option("--force", help="Though it did not win on held-out queries.")] = False,
) -> None:
    """Use a model that was made here from now on, if it won on held-out queries. A setting goes before it.

    An index belongs to its embedder: a library that holds documents must be indexed again before it is searched with another.

    [dim]citewell models use ward-1[/]
    """
    settings = load_settings()
    card = model_store(settings).use(name, force=force)
    print_whole(f"{name} is the {card.kind} from now on. Back to the default: citewell models reset {card.kind}")
    set_to = settings.embedder if card.kind is ModelKind.EMBEDDER else settings.reranker
    if set_to:
        note(f"But CITEWELL_{card.kind.upper()} is set to {set_to}, which goes before it.")
    elif card.kind is ModelKind.EMBEDDER and ledger_path(settings.home, settings.server).is_file():
        note(
            "A library that another embedder indexed must be indexed again before the next question: citewell library reindex"
        )


@app.command("reset")
def reset(kind: Annotated[ModelKind, typer.Argument(metavar="KIND", help="embedder or reranker.")]) -> None:
    """Go back to the default: the embedder that comes with Citewell, or no reranker.

    [dim]citewell models reset embedder[/]
    """
    settings = load_settings()
    model_store(settings).use_default(kind)
    if kind is ModelKind.RERANKER:
        print_whole("No reranker is used.")
        return
    print_whole("New libraries get the default embedder again.")
    if ledger_path(settings.home, settings.server).is_file():
        note(f"This one goes on with its own. To change it: citewell library reindex --embedder {embedding.DEFAULT}")


@app.command("finetune")
def finetune(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Lower-case letters, digits and hyphens; a version is added.")
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option("--data", help="A folder in the BEIR layout, or a file of BioASQ questions; may be given again."),
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="Learn from the library: titles, headings, recommendations.")
    ] = False,
    kind: Annotated[ModelKind, typer.Option("--kind", help="embedder or reranker.")] = ModelKind.EMBEDDER,
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", min=1, help="Train no longer than this.")
    ] = None,
    max_pairs: Annotated[
        int | None, typer.Option("--max-pairs", min=2, help="Train on no more pairs than this.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed and data give the same pairs and order.")] = 13,
    as_json: JsonOption = False,
) -> None:
    """Train the default embedder or reranker on your data, on CPU or GPU, and measure what became of it on queries that are held out.

    A killed run goes on when the same command is given again. The model is used only when it won and `citewell models use` says so.

    [dim]citewell models finetune ward --library --max-seconds 3600[/]
    [dim]citewell models finetune trials --data trec/ --kind reranker[/]
    """
    from indexes.finetuning.finetune import RECIPES, finetune
    from indexes.finetuning.judged import Judged, from_passages, read_judged

    if not data and not library:
        raise typer.BadParameter("There is nothing to learn from: give --data PATH, --library, or both.")
    sets: list[Judged] = [read_judged(path) for path in data or ()]
    if library:
        with open_ledger() as ledger:
            sets.append(from_passages(ledger.passages(), LIBRARY_PASSAGES / max(ledger.passage_count(), 1)))
    recipe = dataclasses.replace(RECIPES[kind], max_seconds=max_seconds, max_pairs=max_pairs, seed=seed)
    store = model_store(load_settings())
    card = with_steps(lambda tell: finetune(kind, name, sets, recipe, store, tell), quiet=as_json)
    if as_json:
        print_json(card.model_dump_json(indent=2))
        return
    print_whole(f"{card.full_name}: nDCG@10 {_measured(card)}", "bold")
    if card.figures.wins:
        note(f"To use it: citewell models use {card.full_name}")
    else:
        note("It is not better beyond chance, and stays unused. More data, or data nearer to your questions, may help.")


def _library_embedder(settings: Settings) -> str:
    """The spec of the embedder that the library goes on with where nothing else is set; empty where there is no library, or it has the default."""
    path = ledger_path(settings.home, settings.server)
    if not path.is_file():
        return ""
    with closing(Ledger(path)) as ledger:
        version = Versions(ledger).current()
    return version.spec if version else ""


def _row(kind: str, name: str, licence: str, card: Card | None = None) -> dict[str, object]:
    return {
        "kind": str(kind),
        "name": name,
        "licence": licence,
        "measured": _measured(card) if card else "",
        "wins": card.figures.wins if card else None,
    }


def _measured(card: Card) -> str:
    figures = card.figures
    verdict = "wins" if figures.wins else "no gain beyond chance"
    return f"{figures.before:.3f} -> {figures.after:.3f} [{figures.low:+.3f}, {figures.high:+.3f}]: {verdict}"
