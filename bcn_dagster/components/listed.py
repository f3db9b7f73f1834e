"""Components whose definitions follow from a list of tables that is kept between loads."""

import logging
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import dagster as dg
from dagster.components import DefsStateConfig, ResolvedDefsStateConfig

from bcn_core.errors import BcnError
from bcn_dagster.documented import Documented

LOG = logging.getLogger("bcn_dagster")


class ListedTables(dg.StateBackedComponent, Documented):
    """What a load does when the tables cannot be listed: definitions are needed most when something is away."""

    tables_of: ClassVar[str]
    """Whose tables they are, in words."""

    if TYPE_CHECKING:
        # Each component has them as its first and its last field; here they would be its first two.
        config: str | None
        defs_state: ResolvedDefsStateConfig

    @property
    @abstractmethod
    def name(self) -> str | None:
        """The catalog or standby that a field names; None where the field leaves it to ``bcn.toml``."""

    @property
    def label(self) -> str:
        """The component among its like in one location: by what it is about, else by the file that says it."""
        return f"{type(self).__name__}[{self.name or self.config or 'default'}]"

    @property
    def defs_state_config(self) -> DefsStateConfig:
        """Each keeps a listing of its own."""
        return DefsStateConfig.from_args(self.defs_state, default_key=self.label)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Load with what is known when nobody can be asked."""
        try:
            return super().build_defs(context)
        except dg.DagsterInvalidInvocationError:
            # Definitions loaded by plain Python, without a Dagster instance, which is what keeps the listing.
            return self.build_defs_from_state(context, None)
        except BcnError as error:
            LOG.warning("the tables of %s could not be listed anew: %s", self.tables_of, error)
        return dg.StateBackedComponent.build_defs(self._as_kept(), context)

    def write_state_to_path(self, state_path: Path) -> None:
        """Ask for the tables; the only place that does so for definitions.

        Raises:
            BcnError: nobody could be asked; what was known before stays.
        """
        state_path.parent.mkdir(parents=True, exist_ok=True)
        state_path.write_text(self.listed())

    @abstractmethod
    def listed(self) -> str:
        """The tables as they are now, as text that is kept."""

    def _as_kept(self) -> Self:
        """A listing of earlier is read as it would be in production, where nothing is asked while loading."""
        return self.model_copy(
            update={"defs_state": self.defs_state.model_copy(update={"refresh_if_dev": False})}
        )
