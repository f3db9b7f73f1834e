"""Numbers with their nouns, in messages and on the screen."""


def counted(count: int, noun: str) -> str:
    """A number with its noun: ``1 PIT``, ``12 PITs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
