"""The command line: takes words apart, calls a verb, says what came of it. It decides nothing."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import bonaface
from bonaface.apps import bench, check, make, person, upkeep
from bonaface.apps.exits import DONE, FAILED, INTERRUPTED
from bonaface.apps.options import EVERYWHERE, SUMMARY
from bonaface.apps.terminal import Terminal, sentence_of
from bonaface.terms.errors import BonafaceError

ORDER = ("person", "train", "swap", "check", "verify", "ledger", "bench", "doctor")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code (`SystemExit`), whatever happens."""
    words, terminal = _take_global_options(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a kind kill cleans up as Ctrl-C does
    raise SystemExit(_run(words, terminal))


def _run(words: list[str], terminal: Terminal) -> int:
    try:
        code = app(words, prog_name="bonaface", obj=terminal, standalone_mode=False) or DONE
    except typer.TyperException as error:
        return terminal.fail(error, _sentence_of_usage(error), error.exit_code)
    except typer.Abort as error:
        return terminal.fail(error, "Nothing was done; answer y, or add --force to be asked nothing.", INTERRUPTED)
    except BonafaceError as error:
        return terminal.fail(error, sentence_of(error), error.exit_code)
    except OSError as error:
        return terminal.fail(error, _sentence_of_system(error), FAILED)
    except Exception as error:  # noqa: BLE001 (the outermost edge: Python would leave with 1, which means "altered")
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        sentence = f"Something went wrong inside ({what}); run again with --debug and report it."
        return terminal.fail(error, sentence, FAILED)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:  # Typer turns most Ctrl-Cs into this code
        terminal.complain("Stopped. Nothing half-made is left; the same command begins again where it can go on.")
    return int(code)


class _InOrder(TyperGroup):
    """Lists the commands in the order in which they are used."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (Typer's own signature)
        return sorted(self.commands, key=ORDER.index)


def build() -> typer.Typer:
    """Return the whole command line."""
    built = typer.Typer(
        cls=_InOrder,
        help=SUMMARY,
        epilog=EVERYWHERE,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    built.callback()(_root)
    for commands in (person, make, check, upkeep, bench):
        commands.register(built)
    return built


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(bonaface.__version__)
        raise typer.Exit


def _root(
    _: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Only holds the options that stand before a command."""


def _take_global_options(arguments: Sequence[str]) -> tuple[list[str], Terminal]:
    """Take ``--json`` and ``--debug`` out, wherever they stand before a ``--``: every command knows them."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    head, tail = words[:end], words[end:]
    left = [word for word in head if word not in ("--json", "--debug")]
    return left + tail, Terminal(as_json="--json" in head, debug="--debug" in head)


def _sentence_of_usage(error: typer.TyperException) -> str:
    message = error.format_message()
    if message.startswith("Usage:"):  # called with nothing: the help is the answer
        return message
    context = getattr(error, "ctx", None)
    command = "bonaface" if context is None else context.command_path
    return f"{message.rstrip('.')}; see: {command} --help"


def _sentence_of_system(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}; free some space and run the same command again."
    return f"The system said no{where}: {error.strerror or error}; check the path and its rights."


app = build()
