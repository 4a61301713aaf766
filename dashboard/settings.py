"""One typed settings object, read from the environment (and ``.env`` in the project folder)."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
LOCAL_DATA = PROJECT / "data" / "local"


class Settings(BaseSettings):
    """What a deployment may set. Every name is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=PROJECT / ".env", extra="ignore")

    reporting_database_url: str = Field(
        default=f"duckdb:///{LOCAL_DATA / 'reporting.duckdb'}",
        description="Reporting database, any SQLAlchemy URL; opened read-only by the app.",
    )
    workspace_database_url: str = Field(
        default=f"sqlite:///{LOCAL_DATA / 'workspace.sqlite'}",
        description="Workspace database: what people write (scenarios, decisions, notes).",
    )
    boundary_file: Path | None = Field(
        default=None, description="The county's official township GeoJSON; without it the schematic demo boundaries are used."
    )
    boundary_coordinate_system: Literal["WGS-84", "CGCS2000", "GCJ-02"] = Field(
        default="CGCS2000", description="Coordinate system of boundary_file."
    )
    address: str = Field(default="127.0.0.1", description="Interface that the server listens on.")
    port: int = Field(default=8501, ge=1, le=65535, description="Port that the server listens on.")


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
