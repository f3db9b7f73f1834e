"""Examples at the end of a command's help; a test parses each of them by the options that there are."""


def examples(*lines: str) -> str:
    """An epilog for ``click.command``: command lines as they are typed, which click must not fold."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
