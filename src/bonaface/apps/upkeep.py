"""The commands ledger and doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bonaface.apps.exits import BAD, FAILED
from bonaface.apps.options import EVERYWHERE, group
from bonaface.apps.terminal import Terminal, table

if TYPE_CHECKING:
    from bonaface.verbs.doctor import Health


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    ledger = group("The record of what was made, chained against changes.")
    ledger.command("show", epilog=EVERYWHERE)(show_ledger)
    ledger.command("verify", epilog=EVERYWHERE)(verify_ledger)
    app.add_typer(ledger, name="ledger")
    app.command(epilog=EVERYWHERE)(doctor)


def doctor(context: typer.Context) -> None:
    """Say what works here and what is missing.

    With how to get it, and each setting with its value and where that comes from.
    """
    from bonaface.verbs.doctor import doctor as run

    terminal: Terminal = context.obj
    health = run()
    terminal.show(health, lambda: _health_text(health))
    if not health.well:
        raise typer.Exit(FAILED)


def show_ledger(
    context: typer.Context,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="So many entries, the newest.")] = 20,
) -> None:
    """Show the newest entries of the ledger."""
    from bonaface.verbs.ledger import ledger_entries, names_by_id

    terminal: Terminal = context.obj
    entries = ledger_entries()[-last:]
    known = names_by_id()
    rows = [(str(e.number), e.time[:19], e.kind, *_who_and_what(e.facts, known)) for e in entries]
    head = ("", "time (UTC)", "what", "who", "facts")
    terminal.show(entries, lambda: table(rows, head) if rows else "The ledger is empty.")


def verify_ledger(context: typer.Context) -> None:
    """Check the whole chain; leaves with 1 where it is broken."""
    from bonaface.verbs.ledger import count_entries, first_break

    terminal: Terminal = context.obj
    broken, count = first_break(), count_entries()
    said = f"The ledger is whole: {count} entries." if broken is None else f"The ledger is broken at entry {broken}."
    terminal.show({"entries": count, "broken_at": broken}, lambda: said)
    if broken is not None:
        raise typer.Exit(BAD)


def _who_and_what(facts: dict[str, Any], known: dict[str, str]) -> tuple[str, str]:
    """Return the people by name (forgotten ones by the beginning of their id), and the other facts in short."""
    people = facts.get("people") or ([facts["person_id"]] if "person_id" in facts else [])
    who = ", ".join(known.get(one, str(one)[:8]) for one in people)
    order = sorted(facts.items(), key=lambda fact: fact[0] not in ("path", "purposes"))
    told = [f"{key} {_short(key, value)}" for key, value in order if key not in ("people", "person_id") and value]
    return who, ", ".join(told)


def _short(key: str, value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {part}" for name, part in value.items())
    values = value if isinstance(value, list) else [value]
    return " ".join(str(one)[:8] if key == "consents" or "sha256" in key else str(one) for one in values)


def _health_text(health: Health) -> str:
    rows = [
        ("works" if part.works else ("MISSING" if part.needed else "-"), part.name, part.found) for part in health.parts
    ]
    cures = [f"  {part.name}: {part.cure}" for part in health.parts if not part.works and part.cure]
    settings = [(item.name, item.value or "-", item.origin, item.meaning) for item in health.settings]
    lines = [f"bonaface {health.version}, Python {health.python}, {health.machine}", ""]
    lines += [table(rows, ("", "part", "found")), ""]
    lines += ["How to get what is missing:", *cures, ""] if cures else []
    return "\n".join([*lines, table(settings, ("setting", "value", "from", "meaning"))])
