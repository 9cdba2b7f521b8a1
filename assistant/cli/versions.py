"""`citewell library reindex`, `optimize` and `versions`: the index of a library, built anew beside the one that answers."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated

import typer
from rich.table import Table

from assistant.cli.opening import open_library, with_steps
from assistant.cli.output import note, out, print_json, print_whole
from assistant.cli.remote import open_remote, read_steps
from assistant.cli.shelves import open_ledger
from assistant.errors import NotFoundError
from assistant.models import chosen_embedder, open_embedder
from assistant.settings import Settings, load_settings
from assistant.wording import counted
from indexes.errors import LibraryInUseError
from ingestion.home import Home, place_of
from ingestion.job import Work
from ingestion.upkeep import Wanted, optimise, reindex_held
from ingestion.versions import Version, Versions

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def reindex(
    embedder: Annotated[
        str | None, typer.Option("--embedder", metavar="SPEC", help="Another embedder, as CITEWELL_EMBEDDER names it.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option("--engine", metavar="ENGINE", help="Another engine, as CITEWELL_ENGINE names it: edge or faiss."),
    ] = None,
    quantisation: Annotated[
        str | None,
        typer.Option(
            "--quantisation",
            metavar="KIND",
            help="Another quantisation of the vectors: none, scalar, product or binary.",
        ),
    ] = None,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Do not drop the version that was in use.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build the index anew from the ledger, which needs no files, beside the one that answers; check it; and only then go over to it.

    Vectors of the same embedder are used again. Whatever stops it, the library is as it was, and the same command goes on where it stopped.

    A running server that holds the library does it, and goes on answering and taking documents in.

    [dim]citewell library reindex --embedder sentence-transformers:./my-model[/]
    [dim]citewell library reindex --engine faiss --keep-old[/]
    """
    with open_ledger():
        settings = load_settings()
    wanted = Wanted(
        embedder=embedder or chosen_embedder(settings),
        engine=engine or (settings.engine if settings.server is None else None),
        quantisation=quantisation,
        keep_old=keep_old,
    )
    try:
        held = Home.hold(settings.home, purpose="citewell library reindex", server=settings.server)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            wanted.leave(settings.home)
            with_steps(lambda tell: remote.upkeep(Work.REINDEX, read_steps(tell)), quiet=as_json)
    else:
        with held as home:
            with_steps(lambda tell: reindex_held(home, wanted, partial(open_embedder, settings), tell), quiet=as_json)
    version = _current(settings)
    _tell(version, as_json)
    if not as_json and settings.embedder and settings.embedder != version.spec:
        note(
            f"CITEWELL_EMBEDDER is {settings.embedder}: set it to {version.spec or version.embedder}, or leave it out."
        )
    if not as_json and settings.engine and settings.server is None and settings.engine != version.engine:
        note(f"CITEWELL_ENGINE is {settings.engine}: set it to {version.engine}, or leave it out.")


def optimize(as_json: JsonOption = False) -> None:
    """Build what makes searching a large library fast (HNSW graphs), in a copy of the index that then takes its place.

    What was ingested is found before and after. Worth it after a large ingest: `citewell library status` says how much is optimised.

    A running server that holds the library does it, and goes on answering and taking documents in.

    [dim]citewell library optimize[/]
    """
    with open_ledger():
        settings = load_settings()
    before = _current(settings)
    try:
        library = open_library(settings, "citewell library optimize", quiet=as_json)
    except LibraryInUseError as error:
        with open_remote(error, settings) as remote:
            with_steps(lambda tell: remote.upkeep(Work.OPTIMIZE, read_steps(tell)), quiet=as_json)
    else:
        with library:
            with_steps(lambda tell: optimise(library, tell), quiet=as_json)
    version = _current(settings)
    _tell(version, as_json)
    if version == before and not as_json:
        note("There was nothing to build." if settings.server is None else "A Qdrant server optimises by itself.")


def versions(
    drop: Annotated[bool, typer.Option("--drop", help="Remove all that are not in use.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the versions of the index: what each was built with, which is in use, which is unfinished or kept.

    [dim]citewell library versions[/]
    [dim]citewell library versions --drop[/]
    """
    settings = load_settings()
    with open_ledger() as ledger, Home(settings.home, ledger, place_of(settings.home, settings.server)) as home:
        dropped = home.drop_others() if drop else []
        known, current, building = home.versions.all(), home.versions.current(), home.versions.building()
        strays = sorted(home.place.numbers() - {version.number for version in known})
        # A manifest counts what there was when it was taken into use; the version in use holds what the ledger does.
        now = {current.number: ledger.passage_count()} if current else {}
        known = [each.model_copy(update={"passages": now.get(each.number, each.passages)}) for each in known]
    state = {
        version.number: "in use" if version.number in now else "unfinished" if version == building else "kept"
        for version in known
    }
    if as_json:
        body = [version.model_dump() | {"state": state[version.number]} for version in known]
        print_json(json.dumps({"versions": body, "unknown": strays, "dropped": dropped}, indent=2))
        return
    table = Table("", "", "Embedder", "Engine", "Dimension", "Lexical", "Passages", box=None, header_style="bold")
    for each in known:
        table.add_row(
            str(each.number),
            state[each.number],
            each.embedder,
            _engine(each),
            str(each.dimension),
            each.lexical,
            f"{each.passages:,}",
        )
    out.print(table)
    if dropped:
        print_whole(f"Dropped {', '.join(map(str, dropped))}")
    elif strays:
        note(f"Not known to the ledger: {', '.join(map(str, strays))}. citewell library versions --drop removes them.")


def _current(settings: Settings) -> Version:
    with open_ledger() as ledger:
        version = Versions(ledger).current()
    if version is None:
        raise NotFoundError(f"The library in {settings.home} holds nothing yet. Ingest documents first.")
    return version


def _engine(version: Version) -> str:
    return version.engine if version.quantisation == "none" else f"{version.engine}, {version.quantisation}"


def _tell(version: Version, as_json: bool) -> None:
    if as_json:
        print_json(version.model_dump_json(indent=2))
        return
    print_whole(
        f"In use: version {version.number}, {counted(version.passages, 'passage')}, {version.embedder}, engine {_engine(version)}"
    )
