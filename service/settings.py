"""All settings: the sections of the packages, read once from `tandem.toml` < environment < options."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from eval.settings import EvalSettings
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.errors import InvalidInputError
from tuner.settings import TunerSettings

_FILE = "tandem.toml"  # in the working directory


def default_home() -> Path:
    """Return the platform's folder for a user's data of Tandem."""
    import platformdirs

    return Path(platformdirs.user_data_dir("tandem"))


class ServiceSettings(BaseModel):
    """The section `[service]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="without a key only a loopback address")
    port: int = Field(8321, ge=0, le=65535, description="0: any free port")
    max_body_bytes: int = Field(
        200_000_000, ge=1, description="the largest body of a request; a larger one is answered 413"
    )
    connections: int | None = Field(
        None, ge=1, description="connections at a time; default: from the limit of open files"
    )
    requests: int = Field(256, ge=1, description="requests worked on or waiting at a time; more are answered 429")
    requests_per_minute: int | None = Field(
        None, ge=1, description="requests of a key, or of an address without one, in a minute; more are answered 429"
    )
    header_timeout_s: float = Field(10.0, gt=0, description="seconds in which the head of a request has to come")
    body_timeout_s: float = Field(20.0, gt=0, description="seconds over which the rate of a body is measured")
    body_rate: int = Field(8192, ge=0, description="bytes per second at which a body has to come")
    write_timeout_s: float = Field(
        30.0, gt=0, description="seconds after which a response that nobody reads is given up"
    )
    keep_alive_s: float = Field(30.0, gt=0, description="seconds for which a connection without a request is kept")
    ingest_bytes: int = Field(
        50_000_000,
        ge=1,
        description="bytes that uploads with wait=true make searchable at a time; each takes up to 8 of memory",
    )
    ingest_wait_s: float = Field(
        60.0, gt=0, description="seconds that such an upload waits for its turn before it is answered 503"
    )
    follow_every_s: float = Field(
        0.2, gt=0, description="seconds between looks of the indexes for changes of other processes"
    )
    log_format: Literal["text", "json"] = Field("text", description="lines for people, or a JSON object a line")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="with debug the log may quote documents and questions, where an exception does"
    )
    stop_s: float = Field(10.0, gt=0, description="seconds that requests get to end when the server is stopped")
    lease_s: float = Field(
        300.0,
        gt=0,
        le=86_400,
        description="seconds; a job's process without a sign of life for so long, by work or by a report, is ended",
    )


class Settings(BaseSettings):
    """Everything that can be configured. `TANDEM_GENERATOR__BASE_MODEL=/models/x` sets `generator.base_model`."""

    model_config = SettingsConfigDict(
        env_prefix="TANDEM_", env_nested_delimiter="__", toml_file=_FILE, frozen=True, extra="forbid"
    )

    home: Path = Field(default_factory=default_home, description="the data folder; default: the user's own")
    api_key: str | None = Field(
        None,
        min_length=8,
        repr=False,
        description="a key to everything, beside those of `tandem key`. With no key only this machine calls",
    )
    service: ServiceSettings = ServiceSettings()
    retriever: RetrieverSettings = RetrieverSettings()
    generator: GeneratorSettings = GeneratorSettings()
    tuner: TunerSettings = TunerSettings()
    eval: EvalSettings = EvalSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, the strongest first."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(home: Path | None = None, **sections: Any) -> Settings:
    """Read the settings; an option that is not None overrides. Raises `InvalidInputError` naming the wrong one."""
    options = {key: value for key, value in {"home": home, **sections}.items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as error:
        raise _wrong(error) from error
    except SettingsError as error:
        message = (
            f"A setting cannot be read: {error}. A whole section is JSON, a single setting is TANDEM_SECTION__KEY."
        )
        raise InvalidInputError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidInputError(f"{Path(_FILE).absolute()} cannot be read: {error}.", param=_FILE) from error


def settings_from() -> str:
    """Return where the settings of this process come from: file and variables by name, or that there are none."""
    file = Path(_FILE).absolute()
    variables = [name for name in sorted(os.environ) if _section_of(name) in Settings.model_fields]
    found = [str(file)] * file.is_file() + variables
    return ", ".join(found) or f"defaults; there is no {_FILE} in {file.parent}"


def _section_of(variable: str) -> str:
    prefix = str(Settings.model_config["env_prefix"])
    name = variable.upper()
    return name.removeprefix(prefix).split("__")[0].lower() if name.startswith(prefix) else ""


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    """Yield the dotted names of all settings."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{before}{name}.")
        else:
            yield before + name


def _instead_of(unknown: str) -> str:
    """Return which settings there are where this one was looked for, and the nearest of all."""
    known = list(_names(Settings))
    level = unknown.count(".") + 1
    near = get_close_matches(unknown, {".".join(name.split(".")[:level]) for name in known}, n=1)
    section = unknown.rpartition(".")[0]
    inside = [name.removeprefix(f"{section}.") for name in known if name.startswith(f"{section}.")]
    here = inside or list(dict.fromkeys(name.split(".")[0] for name in known))
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"{guess} {f'The section {section} has' if inside else 'There are'} {', '.join(here)}."


def _wrong(error: ValidationError) -> InvalidInputError:
    """Return what names all settings that do not exist, or else the first wrong one."""
    found = {".".join(str(part) for part in each["loc"]): each for each in error.errors()}
    unknown = [name for name, each in found.items() if each["type"] == "extra_forbidden"]
    if unknown:
        message = f"There is no setting {', '.join(unknown)}.{_instead_of(unknown[0])}"
        return InvalidInputError(message, param=unknown[0])
    name, first = next(iter(found.items()))
    return InvalidInputError(f"The setting {name} is wrong: {first['msg']}.", param=name)
