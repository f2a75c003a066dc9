"""Write docs/cli.md, the --help of every command. Run `python docs/generate_cli.py` after changing an option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from foveal.cli.lazy_group import LazyGroup
from foveal.cli.main import cli

PAGE = Path(__file__).with_name("cli.md")
INTRODUCTION = """# Command line reference

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (SIGINT), 143 terminated (SIGTERM). Errors and warnings are
one line each, on standard error. `-` stands for standard input or output; `/dev/stdin`, `/dev/stdout`, `/dev/fd/N` and
named pipes work, too.

An output file is written whole or not at all: a temporary file, `.foveal-*.tmp` in its folder, is renamed to it. A
killed command can leave the temporary file; the next command that writes into the folder removes it.
"""


def contexts(parent: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command, then those of all its subcommands, depth first."""
    yield parent
    group = parent.command
    if isinstance(group, click.Group):
        for name in group.short_helps if isinstance(group, LazyGroup) else group.commands:
            command = group.get_command(parent, name)
            if command is not None:
                yield from contexts(click.Context(command, parent=parent, info_name=name))


def reference() -> str:
    """Return the page: the help of `foveal`, then of each command."""
    root = click.Context(cli, info_name="foveal", terminal_width=80, **cli.context_settings)
    sections = [f"## `{context.command_path}`\n\n```\n{context.get_help()}\n```\n" for context in contexts(root)]
    return "\n".join([INTRODUCTION, *sections])


if __name__ == "__main__":
    PAGE.write_text(reference())
