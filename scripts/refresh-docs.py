"""Carry out the tutorial and the guides, and write what really came wherever a page shows something else.

Read the difference before you commit it: a test holds the pages to the program, but only you see
whether the text still fits.
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.documentation.pages import Block, blocks_of, steps_of  # noqa: E402
from tests.documentation.terminal import Terminal  # noqa: E402

TUTORIAL = ROOT / "docs/tutorial/first-backup.md"


def prepared(folder: Path, page: Path) -> Terminal:
    """A terminal in the state in which a page begins."""
    terminal = Terminal(folder)
    if page != TUTORIAL:
        for block in blocks_of(TUTORIAL):
            if "file" in block.marks:
                terminal.do(block)
        terminal.type("python make_shop.py")
    return terminal


def followed() -> list[Path]:
    """The other pages that have something to be carried out."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in pages if page != TUTORIAL and any("run" in one.marks for one in blocks_of(page))]


def refreshed(terminal: Terminal, block: Block) -> str:
    """The block's text as it should be."""
    if block.language != "console" or "run" not in block.marks:
        terminal.do(block)
        return block.text
    lines = []
    for step in steps_of(block):
        shown, code = terminal.type(step.command)
        if code != int(block.marks.get("exit", 0)):
            sys.exit(f"{block.place}: $ {step.command}\nended with {code}:\n{shown}")
        output = step.output
        if not terminal.fits(output, shown):
            for name, value in terminal.known.items():
                shown = shown.replace(value, name)
            output = re.sub(r" +$", "", shown, flags=re.MULTILINE).strip("\n")
            terminal.fits(output, shown)
        lines += [f"$ {step.command}", *([output] if output else [])]
        print(f"{block.place}: {code} $ {step.command}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Refresh the pages that are named, else all."""
    named = [Path(name).absolute() for name in sys.argv[1:]]
    for page in named or [TUTORIAL, *followed()]:
        with tempfile.TemporaryDirectory() as folder:
            terminal = prepared(Path(folder), page)
            text, done = page.read_text(), ""
            for block in blocks_of(page):
                before, _, text = text.partition(f"\n{block.text}```")
                done += f"{before}\n{refreshed(terminal, block)}```"
            page.write_text(done + text)


if __name__ == "__main__":
    main()
