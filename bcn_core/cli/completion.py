"""``bcn completion``: the script with which a shell completes this command."""

import click
from click.shell_completion import get_completion_class

from bcn_core.cli.examples import examples

VARIABLE = "_BCN_COMPLETE"
"""By which the script asks; click reads it before anything else."""
SHELLS = ("bash", "zsh", "fish")


@click.command(
    "completion",
    epilog=examples(
        "bcn completion bash > ~/.local/share/bash-completion/completions/bcn",
        "bcn completion zsh > ~/.zfunc/_bcn",
        "bcn completion fish > ~/.config/fish/completions/bcn.fish",
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options, and the names that stand in bcn.toml and in the repository.

    Zsh looks for it as _bcn in the folders of its $fpath. Ids of PITs and names of tables are offered where the
    repository is a folder: a key must not wait for a network.
    """
    complete = get_completion_class(shell)
    if complete is not None:
        click.echo(complete(context.find_root().command, {}, "bcn", VARIABLE).source())
