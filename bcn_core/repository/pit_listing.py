"""What the folder of the PITs holds: one listing of it answers every question about which PITs there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from bcn_core.names import is_pit_id
from bcn_core.storage.store import ObjectStat, Store

_MANIFEST, _PLAN, _PIN, _BEATS = "manifest.json", "plan.json", ".in_progress", ".beats"


@dataclass(frozen=True, slots=True)
class PitListing:
    """Objects by PIT and by their names in its folder, as one listing found them.

    It is old as soon as it is there: who decides by it says why that does no harm, or lists again. Within a PIT's
    folder, names come in order: a pin that was listed as gone went before the manifest was looked for.
    """

    objects: Mapping[str, Mapping[str, ObjectStat]]

    @classmethod
    def of(cls, store: Store, folder: str) -> "PitListing":
        """List the folder of PITs, or of dumps."""
        found: dict[str, dict[str, ObjectStat]] = {}
        for one in store.list(folder):
            pit, _, name = one.key[len(folder) + 1 :].partition("/")
            found.setdefault(pit, {})[name] = one
        return cls(found)

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each PIT's manifest: these PITs exist."""
        return {pit: held[_MANIFEST].size for pit, held in self._pits() if _MANIFEST in held}

    @property
    def pits(self) -> list[str]:
        """The PITs that exist, oldest first."""
        return sorted(self.sizes)

    @property
    def unfinished(self) -> list[str]:
        """The PITs that were begun and not published."""
        return sorted(pit for pit, held in self._pits() if _PLAN in held and _MANIFEST not in held)

    @property
    def pins(self) -> list[str]:
        """The keys of the pins of runs that make a PIT."""
        return [held[_PIN].key for held in self.objects.values() if _PIN in held]

    def has_plan(self, pit: str) -> bool:
        """Whether a PIT was begun."""
        return _PLAN in self.objects.get(pit, ())

    def keys_of(self, pit: str) -> list[str]:
        """Everything in a PIT's folder."""
        return [one.key for one in self.objects.get(pit, {}).values()]

    def beats_of(self, pit: str) -> list[str]:
        """The keys of the signs of life that runs gave for a PIT."""
        named = self.objects.get(pit, {}).items()
        return [one.key for name, one in named if name.startswith(f"{_BEATS}/")]

    def untouched_since(self, instant: float) -> list[str]:
        """Unfinished PITs in whose folder nothing has changed since an instant (seconds since 1970)."""
        return [pit for pit in self.unfinished if self._touched(pit) < instant]

    def _touched(self, pit: str) -> float:
        return max(one.modified for one in self.objects[pit].values())

    def _pits(self) -> list[tuple[str, Mapping[str, ObjectStat]]]:
        return [(pit, held) for pit, held in self.objects.items() if is_pit_id(pit)]
