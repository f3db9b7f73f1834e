"""A REST catalog: its tables by their pointers, and views, whose metadata's location PyIceberg does not tell."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bcn_core.catalogs.catalog import ViewFile
from bcn_core.catalogs.refusals import no_views, view_taken
from bcn_core.catalogs.rest_pointers import RestPointers, Silent
from bcn_core.counting import counted
from bcn_core.errors import BcnError, NotFound, StorageFailure
from bcn_core.names import Scope, TableName

_LOADS_AT_ONCE = 8


class RestWithViews(RestPointers):
    """Views go through PyIceberg's own session, with its authentication, as raw JSON: its models drop what is new."""

    def keeps_views(self) -> bool:
        from pyiceberg.catalog.rest import Capability

        return self._offers(Capability.V1_LIST_VIEWS)

    def register_view(self, view: TableName, file: ViewFile, expected: str | None) -> str:
        """Register the file where the server can; else create the view with its current version."""
        if not self.keeps_views():
            raise no_views(self.name, view)
        with self.told(f"cannot register the view {view} in catalog '{self.name}'"):
            held = self._load_view(view)
            if isinstance(held, BcnError):
                raise held
            if held != expected:
                raise view_taken(self.name, view)
            if expected is not None:
                # The interface has no call for it: between the two the name is free.
                self._rest.drop_view((*view.namespace, view.name))
            return self._registered(view, file)

    def _registered(self, view: TableName, file: ViewFile) -> str:
        from pyiceberg.catalog.rest import Capability, Endpoints

        if self._offers(Capability.V1_REGISTER_VIEW):
            self._post(view, Endpoints.register_view, {"name": view.name, "metadata-location": file.location})
            return ""
        versions = file.raw["versions"]
        current = next(one for one in versions if one["version-id"] == file.raw["current-version-id"])
        schema = next(one for one in file.raw["schemas"] if one.get("schema-id", 0) == current["schema-id"])
        asked = {"name": view.name, "location": file.raw["location"], "schema": schema}
        asked |= {"view-version": current, "properties": file.raw.get("properties") or {}}
        self._post(view, Endpoints.create_view, asked)
        told = f"the server registers no views: it was created, with a UUID of the server's; {file.location} "
        return told + f"holds its {counted(len(versions), 'version')}"

    def _views(
        self, databases: Iterable[tuple[str, ...]], scope: Scope
    ) -> Mapping[TableName, str | BcnError | None]:
        if not self.keeps_views():
            return {}
        listed = [
            TableName(tuple(found[:-1]), found[-1])
            for namespace in databases
            for found in self._rest.list_views(namespace)
        ]
        covered = [view for view in listed if scope.covers(view)]
        with ThreadPoolExecutor(_LOADS_AT_ONCE) as pool:
            return dict(zip(covered, pool.map(self._load_view, covered), strict=True))

    def _load_view(self, view: TableName) -> str | BcnError | None:
        """A view's metadata location; None when it is not there; the error when it cannot be loaded."""
        from pyiceberg.catalog.rest import Endpoints, IdentifierKind

        rest = self._rest
        parts = rest._split_identifier_for_path((*view.namespace, view.name), IdentifierKind.VIEW)  # noqa: SLF001 - see the class
        try:
            address = rest.url(Endpoints.load_view, prefixed=True, **parts)
            answer = self.heard(f"the view {view}", lambda: rest._session.get(address))  # noqa: SLF001
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            place: str | None = answer.json().get("metadata-location")
        except Silent as error:
            return error
        except BcnError:
            raise
        except Exception as error:  # noqa: BLE001 - one broken view must not hide its neighbours
            return StorageFailure(f"cannot load the view {view}: {self._said(error)}")
        return place or StorageFailure(f"the server does not say where the metadata of the view {view} lies")

    def _post(self, view: TableName, endpoint: str, asked: Mapping[str, Any]) -> None:
        from pyiceberg.catalog.rest import IdentifierKind

        rest = self._rest
        parts = rest._split_identifier_for_path((*view.namespace, view.name), IdentifierKind.VIEW)  # noqa: SLF001
        answer = rest._session.post(rest.url(endpoint, namespace=parts["namespace"]), json=asked)  # noqa: SLF001
        if answer.status_code == 404:
            raise NotFound(f"catalog '{self.name}' has no database '{view.database}'")
        if answer.status_code == 409:
            raise view_taken(self.name, view)
        answer.raise_for_status()

    def _offers(self, capability: Any) -> bool:
        """Whether the server said that it has a call; one that says nothing is taken for an older one."""
        return capability in self._rest._supported_endpoints  # noqa: SLF001
