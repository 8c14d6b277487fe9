"""``notify``: where events are sent, a test, and what became of each."""

from __future__ import annotations

from typing import Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, DataDir
from proxbalance_core.errors import ProxBalanceError

commands = typer.Typer(help="Send events to chats, mail, push services and webhooks.", no_args_is_help=True)
TargetName = Annotated[str, typer.Argument(help="A target by its id or title.")]


@commands.command()
def add(
    title: Annotated[str, typer.Argument(help="What to call it.")],
    url: Annotated[
        str, typer.Argument(help="A webhook's address, or one of Apprise for a chat; - reads it from stdin.")
    ],
    chat: Annotated[bool, typer.Option("--chat", help="The address is one of Apprise (chat, mail, push).")] = False,
    events: Annotated[list[str] | None, typer.Option("--event", help="Which events; may be repeated.")] = None,
    quiet: Annotated[str, typer.Option("--quiet", help="Quiet hours, like 22:00-07:00.")] = "",
    cluster: Annotated[str | None, typer.Option("--cluster", help="Of one cluster alone.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Add a target; a webhook's signing key is shown this once."""
    from proxbalance_core.domain.notices import USUAL
    from proxbalance_core.services import notifying

    address = typer.get_text_stream("stdin").read().strip() if url == "-" else url
    wish = notifying.TargetWish(
        title=title, kind="chat" if chat else "webhook", url=address, events=tuple(events or USUAL), cluster=cluster,
        quiet=quiet,
    )  # fmt: skip
    with common.bench_at(data_dir) as bench:
        target, key = notifying.add(bench, wish)
    if as_json:
        common.print_json({"id": target.id, "title": target.title, "kind": target.kind, "key": key})
        return
    common.say(f"Added as {target.id}. What happens from now on is sent there; `notify test {target.id}` tries it.")
    if key is not None:
        typer.echo(key)
        typer.echo("This key signs what is sent. It is shown this once: give it to the receiver.", err=True)


@commands.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List targets; never their addresses."""
    with common.bench_at(data_dir) as bench:
        found = bench.store.notices.targets()
    if as_json:
        common.print_json(list(found))
        return
    rows = [
        (
            one.id, one.title, one.kind, "on" if one.on else "off", one.cluster or "all",
            f"{one.quiet_from:%H:%M}-{one.quiet_to:%H:%M}" if one.quiet_from and one.quiet_to else "",
            ", ".join(one.events),
        )
        for one in found
    ]  # fmt: skip
    common.table("Targets", ("Id", "Title", "Kind", "State", "Cluster", "Quiet", "Events"), rows)


@commands.command()
def test(target: TargetName, data_dir: DataDir = None) -> None:
    """Send a line to a target at once."""
    from proxbalance_core.services import notifying

    with common.bench_at(data_dir) as bench:
        came = notifying.test(bench, target)
    if came.fault is not None:
        raise ProxBalanceError(f"It was not taken. {came.fault}")
    common.say("It was taken.", "green")


@commands.command()
def remove(target: TargetName, data_dir: DataDir = None) -> None:
    """Forget a target, its address, and what was on its way there."""
    from proxbalance_core.services import notifying

    with common.bench_at(data_dir) as bench:
        notifying.remove(bench, target)
    common.say("Removed.")


@commands.command()
def log(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many.")] = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what was sent, what waits and what was given up, newest first."""
    with common.bench_at(data_dir) as bench:
        found = bench.store.notices.log(limit)
        titles = {target.id: target.title for target in bench.store.notices.targets()}
    if as_json:
        common.print_json(list(found))
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M}", titles.get(one.target, one.target), one.event, one.state.replace("_", " "),
            one.attempts, one.last_error,
        )
        for one in found
    ]  # fmt: skip
    common.table("Deliveries", ("When (UTC)", "Target", "Event", "State", "Tries", "Last fault"), rows, ("Tries",))
