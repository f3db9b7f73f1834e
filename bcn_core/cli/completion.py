"""``bcn completion``: the script with which a shell completes this command."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_BCN_COMPLETE"
"""By which the script asks; click reads it before anything else."""
SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options, and the names that stand in bcn.toml and in the repository.

    \b
    bash: bcn completion bash > ~/.local/share/bash-completion/completions/bcn
    zsh:  bcn completion zsh > DIR/_bcn, where DIR is one of $fpath
    fish: bcn completion fish > ~/.config/fish/completions/bcn.fish

    Ids of PITs and names of tables are offered where the repository is a folder: a key must not wait for a network.
    """  # noqa: D301 - click wants the character itself, so that it leaves the lines below it alone
    complete = get_completion_class(shell)
    if complete is not None:
        click.echo(complete(context.find_root().command, {}, "bcn", VARIABLE).source())
