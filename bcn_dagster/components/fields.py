"""The fields that all components of BCN have, in one wording."""

from typing import Any

from dagster.components import DefsStateConfigArgs
from pydantic import Field

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
OWNERS: Any = Field([], description="Owners of all assets: e-mail addresses, or team:NAME.")
TAGS: Any = Field({}, description="Tags of all assets and runs.")
DEFS_STATE: Any = Field(
    default_factory=DefsStateConfigArgs.versioned_state_storage,
    description="Where the list of tables is kept between refreshes.",
)
