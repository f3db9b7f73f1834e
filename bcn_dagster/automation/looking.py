"""One look at the catalog: its pointers against the newest PIT's, before any metadata file is read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from bcn_core.capture.planning import Parent, Source, changes_since, parent_of
from bcn_core.catalogs.catalog import Sweep
from bcn_core.changes import Changes, ViewChange, view_changes
from bcn_core.events import silent
from bcn_core.names import TableName, pit_id
from bcn_core.repository.repository import Repository
from bcn_dagster.site import Site


@dataclass(frozen=True)
class Look:
    """One sweep beside the newest PIT. At 10,000 tables it costs the sweep and the PIT's indexes, no table loads."""

    repository: Repository
    source: Source
    parent: Parent
    sweep: Sweep

    @cached_property
    def moved(self) -> frozenset[TableName]:
        """Tables whose pointer is not the one that the PIT has under their name: changed, new or renamed ones."""
        known = self.parent.tables
        return frozenset(
            table
            for table, pointer in self.sweep.pointers.items()
            if table not in known or known[table].pointer != pointer
        )

    @cached_property
    def missing(self) -> frozenset[TableName]:
        """Tables of the PIT that the listing lacks: dropped or renamed ones."""
        return frozenset(
            self.parent.tables.keys() - self.sweep.pointers.keys() - self.sweep.unreadable.keys()
        )

    @cached_property
    def views(self) -> Mapping[TableName, ViewChange]:
        """Iceberg views that are not as the PIT holds them; a catalog that lists none has none."""
        return view_changes(self.parent.views, self.sweep.views, self.sweep.unreadable_views)

    @property
    def dropped_views(self) -> frozenset[TableName]:
        """Views of the PIT that the listing lacks."""
        return frozenset(view for view, change in self.views.items() if change == "dropped")

    @property
    def shows_nothing_new(self) -> bool:
        """Whether a new PIT would record nothing."""
        return not (self.moved or self.missing or self.sweep.unreadable or self.views)

    @property
    def fingerprint(self) -> str:
        """The same for the same drift, whichever PIT shows it: a table that cannot be captured is asked for once."""
        facts = {
            "moved": {str(table): self.sweep.pointers[table] for table in self.moved},
            "missing": {str(table): self.parent.tables[table].uuid for table in self.missing},
            "unreadable": sorted(str(table) for table in self.sweep.unreadable),
            "views": {str(view): self.sweep.views.get(view, change) for view, change in self.views.items()},
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def changes(self) -> Changes:
        """What changed in which table; reads the metadata of those that moved."""
        return changes_since(self.repository, self.parent, self.sweep, self.source)


def look(site: Site, repository: Repository) -> Look:
    """Sweep the catalog once.

    Raises:
        BcnError: the catalog or the repository does not answer.
    """
    source = Source(site.connection.open_catalog(), site.connection.stores(), silent)
    parent = parent_of(repository, pit_id(datetime.now(UTC)))
    return Look(repository, source, parent, source.catalog.sweep(repository.scope))
