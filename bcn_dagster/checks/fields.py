"""What people say about checks in ``defs.yaml``."""

from pydantic import Field

from bcn_dagster.documented import Documented


class Checks(Documented):
    """When the checks of one catalog run, and what they find wrong."""

    verify_every_pit: bool = Field(
        default=True, description="Whether every backup ends with a quick verification of the repository."
    )
    verify_cron: str | None = Field(
        "0 5 * * *", description="When a part of all data files is read and compared; null for never."
    )
    verify_parts: int = Field(
        30,
        ge=1,
        description="How many parts take turns: with 30, one a day, all is looked at each month; 1: all each time.",
    )
    drill_cron: str | None = Field(
        "0 6 * * 0", description="When tables of the newest PIT are restored for a trial; null for never."
    )
    drill_parts: int = Field(
        1, ge=1, description="How many parts of the tables take turns in drills; 1 restores all of them."
    )
    drill_scratch: str | None = Field(
        None, description="An empty place for a drill's files. Default: a temporary folder of the machine."
    )
    age_cron: str | None = Field(
        "15 * * * *", description="When the age of the newest complete PIT is looked at; null for never."
    )
    max_age_hours: float = Field(
        26.0,
        gt=0,
        description="The newest complete PIT may be this old; it is the freshness of the asset, too.",
    )
    row_loss: float = Field(
        0.5, ge=0, le=1, description="A table that lost more than this share of its rows fails row_counts."
    )
