"""Settings: `CITEWELL_*` variables first, then `citewell.toml` in the working directory, then defaults."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import ByteSize, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from assistant.errors import SettingsError
from indexes.engines.storage import Spread
from ingestion.clients import ctgov, eutils, pubmed_bulk
from ingestion.places import Server


class Settings(BaseSettings):
    """What an operator may set. `CITEWELL_HOME` holds everything a library is."""

    model_config = SettingsConfigDict(
        env_prefix="CITEWELL_", env_ignore_empty=True, toml_file="citewell.toml", extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=lambda: Path.home() / ".citewell")
    embedder: str | None = None  # what a library was built with, where not set
    engine: Literal["edge", "faiss"] | None = None
    qdrant_url: str | None = None
    qdrant_api_key: str | None = Field(default=None, repr=False)
    qdrant_collection: str = "citewell"
    qdrant_shards: int | None = Field(default=None, ge=1, le=1000)
    qdrant_replicas: int | None = Field(default=None, ge=1, le=100)
    qdrant_on_disk: bool = False
    qdrant_timeout: int = Field(default=60, ge=1, le=3600)
    embedder_api_key: SecretStr | None = None
    reranker: str | None = None
    llm: str | None = Field(default=None, repr=False)  # not shown: it may hold a password by mistake
    llm_api_key: SecretStr | None = None
    llm_context: int | None = Field(default=None, ge=512, le=10_000_000)
    llm_tools: Literal["native", "text", "none"] | None = None
    llm_structured: Literal["json_schema", "json_object", "none"] | None = None
    llm_identifiers: bool | None = None
    llm_price: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?/\d+(\.\d+)?$")
    llm_seconds: float = Field(default=120, gt=0, le=3600)
    llm_tokens: int = Field(default=60_000, ge=500)
    llm_tool_calls: int = Field(default=8, ge=0, le=100)
    llm_cost: float = Field(default=0.5, ge=0)
    llm_seed: int = Field(default=0, ge=0, le=2**31 - 1)
    live_tools: bool = False
    verifier: Path | None = None  # a folder with a trained verifier, or "none"; where not set, the installation's
    model_downloads: bool = False
    ingest_token: SecretStr | None = Field(default=None, min_length=16)
    upload_limit: ByteSize = Field(default=ByteSize(2 << 30), ge=1 << 20)
    ncbi_api_key: str | None = Field(default=None, repr=False)
    ncbi_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    eutils_url: HttpUrl = HttpUrl(eutils.URL)
    ctgov_url: HttpUrl = HttpUrl(ctgov.URL)
    pubmed_ftp_url: HttpUrl = HttpUrl(pubmed_bulk.URL)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("home")
    @classmethod
    def _of_the_user(cls, home: Path) -> Path:
        return home.expanduser()

    @property
    def server(self) -> Server | None:
        """The Qdrant server that replaces the embedded engine, or `None`."""
        if not self.qdrant_url:
            return None
        spread = Spread(self.qdrant_shards, self.qdrant_replicas, self.qdrant_on_disk)
        return Server(self.qdrant_url, self.qdrant_collection, self.qdrant_api_key, spread, self.qdrant_timeout)


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process. Raises `SettingsError` naming the setting that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "CITEWELL_" + "_".join(map(str, first["loc"])).upper()
        raise SettingsError(f"The setting {name} cannot be used: {first['msg']}.") from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"citewell.toml cannot be read: {error}.") from error
