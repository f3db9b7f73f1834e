"""Texts of a million files in a tenth of the memory that strings take: folders once, names as bytes, an open index."""

from array import array

_FIRST_SLOTS = 1 << 10


class DistinctTexts:
    """Texts by number, in the order in which they were added; each is there once, and is found again."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._folder_names: list[str] = []
        self._folder_of = array("I")
        self._names = bytearray()
        self._ends = array("Q")
        self._hashes = array("I")
        # One more than a text's number, 0 where nothing stands; never more than half of them are taken.
        self._slots = array("I", bytes(4 * _FIRST_SLOTS))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> str:
        start = self._ends[number - 1] if number else 0
        name = self._names[start : self._ends[number]].decode(errors="surrogatepass")
        return self._folder_names[self._folder_of[number]] + name

    def find(self, text: str) -> int | None:
        """The number of a text, None when it is not there."""
        # Others may look for a text while one adds: the slots that are searched stay the same ones.
        slots = self._slots
        held = slots[self._place(text, slots)]
        return held - 1 if held else None

    def add(self, text: str) -> int:
        """The number of a text, which is put behind the others when it is not there yet."""
        place = self._place(text, self._slots)
        if self._slots[place]:
            return self._slots[place] - 1
        number = self._append(text)
        self._slots[place] = number + 1
        if 2 * len(self) > len(self._slots):
            self._grow()
        return number

    def _append(self, text: str) -> int:
        folder, slash, name = text.rpartition("/")
        number = self._folders.setdefault(folder + slash, len(self._folder_names))
        if number == len(self._folder_names):
            self._folder_names.append(folder + slash)
        self._folder_of.append(number)
        # JSON may spell a lone surrogate, and a name that holds one must come out as it went in.
        self._names += name.encode(errors="surrogatepass")
        self._ends.append(len(self._names))
        self._hashes.append(_hash(text))
        return len(self._ends) - 1

    def _place(self, text: str, slots: "array[int]") -> int:
        """The slot of a text, or the free one where it would stand."""
        wanted, last = _hash(text), len(slots) - 1
        place = wanted & last
        while held := slots[place]:
            if self._hashes[held - 1] == wanted and self[held - 1] == text:
                break
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        last = 2 * len(self._slots) - 1
        slots = array("I", bytes(4 * (last + 1)))
        for number, wanted in enumerate(self._hashes, 1):
            place = wanted & last
            while slots[place]:
                place = (place + 1) & last
            slots[place] = number
        self._slots = slots


def _hash(text: str) -> int:
    return hash(text) & 0xFFFFFFFF
