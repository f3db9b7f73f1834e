"""The fields that all components of BCN have, in one wording."""

from typing import Any

from dagster.components import DefsStateConfigArgs
from pydantic import Field

from bcn_dagster.alerts.channels import Alerts

CONFIG: Any = Field(
    None,
    description="Path of bcn.toml. Without it: the variable BCN_CONFIG, else bcn.toml in the working folder.",
)
REPOSITORY: Any = Field(
    None, description="The place of the backups: a folder or a URL. Default: as bcn.toml says."
)
RETRIES: Any = Field(2, ge=0, description="How often a step is tried again after a failure that may pass.")
RETRY_DELAY_SECONDS: Any = Field(
    10.0, ge=0, description="The wait before the first retry; it doubles each time."
)
ALERTS: Any = Field(
    default_factory=Alerts,
    description="Who is told of failed runs, and how: the fields of IcebergCatalogBackups.",
)
WEBSERVER: Any = Field(
    None,
    description=(
        "Where Dagster's web server answers, for the links of alerts. "
        "Default: the variable BCN_WEBSERVER, else http://127.0.0.1:3000."
    ),
)
OWNERS: Any = Field([], description="Owners of all assets: e-mail addresses, or team:NAME.")
TAGS: Any = Field({}, description="Tags of all assets and runs.")
DEFS_STATE: Any = Field(
    default_factory=DefsStateConfigArgs.versioned_state_storage,
    description="Where the list of tables is kept between refreshes.",
)
