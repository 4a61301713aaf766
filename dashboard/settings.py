"""One typed settings object, read from the environment (and ``.env`` in the project folder)."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PROJECT = Path(__file__).resolve().parent.parent
LOCAL_DATA = PROJECT / "data" / "local"
_FILE = PROJECT / ".env"
_FILE_DATABASES = frozenset({"duckdb", "sqlite"})


def _below_the_file(path: Path) -> Path:
    """Return a relative ``path`` as seen from the settings file: it means one place, wherever a command is typed."""
    return _FILE.resolve().parent / path


class Provider(BaseModel):
    """One OpenID Connect provider of ``OIDC_PROVIDERS``."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$", description="Stands in the address of the call back.")
    title: str = Field(min_length=1, max_length=40, description="What the button says, e.g. 统一身份认证.")
    server_metadata_url: str = Field(min_length=1, description="The provider's /.well-known/openid-configuration.")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    scope: str = "openid profile"
    claim: str = Field(default="sub", description="The claim that is the account.")


class Settings(BaseSettings):
    """What a deployment may set. Every name is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=_FILE, extra="ignore")

    reporting_database_url: str = Field(
        default=f"duckdb:///{LOCAL_DATA / 'reporting.duckdb'}",
        description="Reporting database, any SQLAlchemy URL; opened read-only by the app.",
    )
    workspace_database_url: str = Field(
        default=f"sqlite:///{LOCAL_DATA / 'workspace.sqlite'}",
        description="Workspace database: what people write (scenarios, decisions, notes).",
    )
    database_seconds: int = Field(
        default=8, ge=1, le=300, description="Longest wait for one answer of a PostgreSQL database; connecting has 4 seconds of its own."
    )
    sources_folder: Path = Field(
        default=PROJECT / "data" / "sources", description="Databases that `pull` reads from, one YAML file each; see docs/importing.md."
    )
    kept_loads: int = Field(
        default=5, ge=0, le=50, description="How many replaced states are kept so that the last load can be taken back; 0 keeps none."
    )
    upload_megabytes: int = Field(default=2048, ge=1, le=16384, description="Most that one session may upload on the page 数据与口径.")
    submissions_folder: Path = Field(default=LOCAL_DATA / "submissions", description="What institutions submit, until it is taken over.")
    boundary_file: Path | None = Field(
        default=None, description="The county's official township GeoJSON; without it the schematic demo boundaries are used."
    )
    boundary_coordinate_system: Literal["WGS-84", "CGCS2000", "GCJ-02"] = Field(
        default="CGCS2000", description="Coordinate system of boundary_file."
    )
    address: str = Field(default="127.0.0.1", description="Interface that the server listens on.")
    port: int = Field(default=8501, ge=1, le=65535, description="Port that the server listens on.")
    allowed_hosts: str = Field(
        default="",
        description=(
            "Names by which browsers may reach the server, separated by commas (*.example.org for all below a name); "
            "the loopback names and the address that it listens on always may."
        ),
    )
    sign_in: Literal["none", "local", "oidc", "proxy"] = Field(
        default="none",
        description=(
            "Who may come in: none (anybody who reaches the port; refused beyond loopback unless --open), local (accounts of the "
            "workspace), oidc (the providers below), proxy (a gateway says who it is). See docs/security.md."
        ),
    )
    open_to_all: bool = Field(default=False, description="What `serve --open` sets: SIGN_IN=none beyond loopback; every page says so.")
    public_address: str = Field(
        default="",
        pattern=r"^(https?://[^/\s]+)?$",
        description="How browsers reach the server, e.g. https://dash.county.example; https here makes cookies Secure.",
    )
    idle_minutes: int = Field(default=30, ge=5, le=240, description="A session that rests so long ends; cockpit devices are exempt.")
    session_hours: int = Field(default=12, ge=1, le=24, description="A session ends after so many hours at the latest.")
    sign_in_contact: str = Field(default="", max_length=80, description="Whom to ask, e.g. 信息科 内线 6021; shown on the sign-in page.")
    oidc_providers: tuple[Provider, ...] = Field(
        default=(), description="JSON list of OpenID Connect providers; the first is the main one."
    )
    proxy_user_header: str = Field(default="X-Remote-User", pattern=r"^[A-Za-z0-9-]+$", description="SIGN_IN=proxy: header of the account.")
    proxy_secret_header: str = Field(
        default="X-Proxy-Secret", pattern=r"^[A-Za-z0-9-]+$", description="SIGN_IN=proxy: header of the secret."
    )
    proxy_secret: SecretStr = Field(default=SecretStr(""), description="SIGN_IN=proxy: shared secret of at least 32 characters.")
    four_eyes: bool = Field(default=False, description="Nobody approves what they wrote themselves.")
    report_folder: Path = Field(
        default=LOCAL_DATA / "reports", description="Where `reports run` writes scheduled reports, one folder a reader."
    )
    backup_folder: Path = Field(default=LOCAL_DATA / "backups", description="Where `backup` writes and `doctor` looks for the last one.")
    log_format: Literal["text", "json"] = Field(
        default="text", description="json: one object a line, without personal data, for a collector of logs."
    )
    smtp_host: str = Field(default="", description="Mail server for scheduled reports; without one they go to the folder only.")
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = Field(default="none", description="starttls is usual on port 587, tls on 465.")
    smtp_user: str = Field(default="", description="Empty: the mail server asks for no sign-in.")
    smtp_password: SecretStr = Field(default=SecretStr(""))
    smtp_sender: str = Field(default="", description="Address that reports are sent from, e.g. dashboard@county.example.")

    @field_validator("sources_folder", "submissions_folder", "boundary_file", "report_folder", "backup_folder")
    @classmethod
    def _one_place(cls, path: Path | None) -> Path | None:
        return None if path is None else _below_the_file(path)

    @field_validator("reporting_database_url", "workspace_database_url")
    @classmethod
    def _one_database(cls, url: str) -> str:
        try:
            parts = make_url(url)
        except ArgumentError:
            return url  # told in words where it is opened
        if parts.get_backend_name() not in _FILE_DATABASES or not parts.database or parts.database.startswith((":", "file:")):
            return url
        place = _below_the_file(Path(parts.database))
        return parts.set(database=str(place)).render_as_string(hide_password=False)


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
