"""A group of commands whose modules are imported when their command is used, not to list or complete their names."""

from __future__ import annotations

import gc
import os
from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group of commands, each of which is the function `name` in the module `foveal.cli.<name>`.

    Parameters
    ----------
    short_helps
        Short helps of the commands, by their names.
    with_blas_threads
        Names of the commands that multiply matrices large enough for several threads.
    settings
        Other parameters of `click.Group`.
    """

    def __init__(
        self, *, short_helps: Mapping[str, str], with_blas_threads: Collection[str] = (), **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.short_helps = dict(short_helps)
        self._with_blas_threads = frozenset(with_blas_threads)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in alphabetical order; overrides `click.Group.list_commands`."""
        return sorted(self.short_helps)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, whose module is imported; overrides `click.Group.get_command`."""
        if cmd_name not in self.short_helps:
            return None
        if cmd_name not in self._with_blas_threads:
            # numpy's OpenBLAS starts a thread for each core when it is imported, which takes nearly as long as the
            # rest of numpy.
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        return _import_command(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their short helps; overrides `click.Group.format_commands`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.short_helps[name]) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments name; overrides `click.Group.resolve_command`.

        Where there is none, click suggests similar names, which it looks for in `commands`.
        """
        if args[0] not in self.short_helps:
            self.commands = {name: click.Command(name) for name in self.short_helps}
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the options and commands that begin with a text; overrides `click.Group.shell_complete`."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self.short_helps[name]) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def _import_command(name: str) -> click.Command:
    """Import the module of a command and return the command.

    Importing makes many objects that live as long as the process, so garbage is not collected meanwhile.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        command: click.Command = getattr(import_module(f"foveal.cli.{name}"), name)
    finally:
        if was_enabled:
            gc.enable()
    return command
