"""Names in catalogs that know one level of databases and write all names in lower case."""

from bcn_core.errors import InvalidRequest
from bcn_core.names import TableName


def flat(table: TableName, kind: str) -> TableName:
    """The name as such a catalog spells it.

    Raises:
        InvalidRequest: the namespace has levels, which it cannot hold.
    """
    if len(table.namespace) != 1:
        raise InvalidRequest(
            f"{table} lies in a namespace of {len(table.namespace)} levels, and {kind} knows one",
            hint=f"choose a database for it, such as --target-database {'_'.join(table.namespace).lower()}",
        )
    return TableName((table.namespace[0].lower(),), table.name.lower())
