"""`driftmeter journal`: look into journals, send what is left in them, erase what must not be."""

from __future__ import annotations

from pathlib import Path

import click

from driftmeter.cli.exampled import ExampledCommand, ExampledGroup
from driftmeter.cli.output import json_option, write_json

_DIR = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="The journal's directory; without it, DRIFTMETER_JOURNAL_DIR or every journal of this user.",
)
_TIMEOUT = click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0), default=60.0, show_default=True, help="Seconds to try at most."
)


@click.group(
    cls=ExampledGroup,
    example="""
    driftmeter journal status
    driftmeter journal drain --timeout 30
    """,
)
def command() -> None:
    """Look into journals, send what is left in them, erase what must not be there."""


@command.command(cls=ExampledCommand, example="driftmeter journal status --json")
@_DIR
@json_option
def status(*, directory: Path | None, as_json: bool) -> None:
    """How much waits, how old it is, how many dead letters there are.

    Exits with 1 when there are dead letters, or files that are no segments.
    """
    from driftmeter.cli.journals import directories  # noqa: PLC0415  # numpy is slow to import
    from driftmeter.journal import inspect  # noqa: PLC0415
    from driftmeter.journal.journal import Journal  # noqa: PLC0415

    rows = []
    for path in directories(directory):
        found = Journal(path).status()
        entries = list(inspect(path))
        rows.append(
            {
                "directory": str(path),
                "waiting": sum(one.pending and one.place == "journal" for one in entries),
                "dead_letters": sum(one.place != "journal" for one in entries),
                "bytes": found.bytes,
                "segments": found.segments,
                "oldest_age_s": round(found.oldest_age_s, 3),
                "dead_bytes": found.dead_bytes,
                "foreign": found.foreign,
            }
        )
    if as_json:
        write_json({"journals": rows})
    else:
        for row in rows:
            click.echo(
                f"{row['directory']}\n"
                f"  waiting       {row['waiting']} events in {row['segments']} segments, {row['bytes']} bytes,"
                f" the oldest from {row['oldest_age_s']:.0f} s ago\n"
                f"  dead letters  {row['dead_letters']} events, {row['dead_bytes']} bytes"
            )
    if any(row["dead_letters"] or row["foreign"] for row in rows):
        raise SystemExit(1)


@command.command("inspect", cls=ExampledCommand, example="driftmeter journal inspect --limit 5 --json")
@_DIR
@click.option("--limit", "most", type=click.IntRange(1), default=20, show_default=True, help="Entries at most.")
@json_option
def inspect_(*, directory: Path | None, most: int, as_json: bool) -> None:
    """Show entries as they will be sent, the oldest first, dead letters last; with --json one object per line."""
    from driftmeter.cli.journals import directories, seen  # noqa: PLC0415

    for path in directories(directory):
        for one in seen(path, most):
            if as_json:
                write_json(one._asdict())
                continue
            state = one.reason if one.place != "journal" else "waiting" if one.pending else "sent"
            name = one.record.get("event_name") or one.record.get("body") or "no record"
            click.echo(f"{one.writer}:{one.seq:<8} {state:<10} {name}  {one.record.get('attributes', {})}")


@command.command(cls=ExampledCommand, example="OTEL_EXPORTER_OTLP_ENDPOINT=http://otel:4318 driftmeter journal drain")
@_DIR
@_TIMEOUT
@json_option
def drain(*, directory: Path | None, timeout_s: float, as_json: bool) -> None:
    """Send what processes that have ended left behind, to where OTEL_EXPORTER_OTLP_* say.

    What belongs to a process that is running is left to it. Exits with 1 when something is left.
    """
    _send(directory, timeout_s, replay=False, as_json=as_json)


@command.command(cls=ExampledCommand, example="driftmeter journal replay --dir /var/lib/air-time/journal")
@_DIR
@_TIMEOUT
@json_option
def replay(*, directory: Path | None, timeout_s: float, as_json: bool) -> None:
    """Send dead letters once more, say after the backend was mended. Exits with 1 when something is left."""
    _send(directory, timeout_s, replay=True, as_json=as_json)


def _send(directory: Path | None, timeout_s: float, *, replay: bool, as_json: bool) -> None:
    from driftmeter.cli.journals import the_directory  # noqa: PLC0415
    from driftmeter.delivery import Pace, Sender  # noqa: PLC0415
    from driftmeter.journal import Journal  # noqa: PLC0415
    from driftmeter.otlp.endpoint import Endpoint  # noqa: PLC0415
    from driftmeter.otlp.transport import connect  # noqa: PLC0415

    path = the_directory(directory)
    try:
        endpoint = Endpoint.from_environ()
        journal = Journal(path)
        journal.prepare()
        sender = Sender(journal, connect(endpoint), pace=Pace.from_environ(timeout_s=endpoint.timeout_s))
    except (ValueError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault
    replayed = journal.replay() if replay else 0
    delivered = sender.flush(timeout_s)
    sender.shutdown(1.0)
    journal.close()
    figures = sender.status()
    result = {
        "directory": str(path),
        "endpoint": endpoint.address,
        "replayed": replayed,
        "delivered": figures.records,
        "rejected": figures.rejected,
        "dead_letters": figures.buried,
        "nothing_left": delivered,
    }
    if as_json:
        write_json(result)
    else:
        left = "nothing is left" if delivered else f"something is left after {timeout_s:g} s"
        click.echo(f"{figures.records} events delivered to {endpoint.address}; {left}")
    if not delivered or figures.buried:
        raise SystemExit(1)


@command.command(
    cls=ExampledCommand,
    example="""
    DRIFTMETER_HASH_KEY=file:/run/secrets/driftmeter driftmeter journal erase --subject user-17
    driftmeter journal erase --subject-ref 5d9ede58891f47278c6d5aaa20d6d7df
    """,
)
@_DIR
@click.option("--subject", help="Whom the predictions are about; needs the hash_key that they were recorded with.")
@click.option("--subject-ref", help="The pseudonym itself, as events show it in ml.subject.ref.")
@json_option
def erase(*, directory: Path | None, subject: str | None, subject_ref: str | None, as_json: bool) -> None:
    """Erase every event about one person from the journals, labels and dead letters included.

    Labels are found by the predictions that are erased with them; copies elsewhere stay.
    """
    from driftmeter import journal  # noqa: PLC0415
    from driftmeter.cli.journals import About, directories  # noqa: PLC0415

    reference = subject_ref or _reference(subject)
    try:
        about = About(reference)
        erased = {
            # Twice: a label may lie before its prediction, in another process's segment.
            str(path): journal.erase(path, about) + journal.erase(path, about)
            for path in directories(directory)
        }
    except OSError as fault:
        raise click.ClickException(str(fault)) from fault
    if as_json:
        write_json({"subject_ref": reference, "erased": erased})
        return
    for path, count in erased.items():
        click.echo(f"{count} events erased in {path}")


def _reference(subject: str | None) -> str:
    from driftmeter.capture import Key, Subjects  # noqa: PLC0415
    from driftmeter.capture.keys import WAY_OUT  # noqa: PLC0415
    from driftmeter.settings import Settings  # noqa: PLC0415

    if subject is None:
        raise click.UsageError("name --subject or --subject-ref")
    try:
        settings = Settings.resolve({})
        if settings.hash_key is None:
            raise click.ClickException(
                "--subject needs the key that the events were recorded with, to know the pseudonym; set"
                f" DRIFTMETER_HASH_KEY: {WAY_OUT}; or name the pseudonym itself with --subject-ref"
            )
        reference = Subjects("require", Key.load(settings.hash_key)).subject_ref(subject)
    except ValueError as fault:
        raise click.ClickException(str(fault)) from fault
    if reference is None:
        raise click.ClickException("there is no pseudonym of an empty subject")
    return reference
