"""Commands about connections: add, test, list, remove."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, DataDir

if TYPE_CHECKING:
    from proxbalance_core.services.connecting import ConnectionCheck, ConnectionWish

commands = typer.Typer(help="Clusters that are looked after.", no_args_is_help=True, rich_markup_mode=None)
SECRET_VARIABLE = "PROXBALANCE_SECRET"
Host = Annotated[str, typer.Option("--host", help="Address, name:8006; several with commas.")]
Token = Annotated[str, typer.Option("--token-id", help="user@realm!name; its secret is asked for.")]
User = Annotated[str, typer.Option("--user", help="user@realm, with its password instead of a token.")]
Fingerprint = Annotated[str, typer.Option("--fingerprint", help="SHA-256 of the certificate, to pin it.")]
CaFile = Annotated[str, typer.Option("--ca-file", help="A CA of one's own.")]
Insecure = Annotated[bool, typer.Option("--no-verify", help="Don't check the certificate.")]
Name = Annotated[str, typer.Option("--name", help="What to call it.")]
_SECRET_HELP = f"The secret is read from {SECRET_VARIABLE}, from standard input, or asked for."


@commands.command("add", epilog=_SECRET_HELP)
def add(
    host: Host,
    name: Name = "",
    token_id: Token = "",
    user: User = "",
    fingerprint: Fingerprint = "",
    ca_file: CaFile = "",
    no_verify: Insecure = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Test a Proxmox cluster and save it as a connection."""
    wish = _wish(name, _options(host, token_id, user, fingerprint, ca_file, no_verify))
    with common.bench_at(data_dir) as bench:
        tested = bench.test_connection(wish)
        made = bench.add_connection(wish, tested)
        where = bench.secrets.where
    if as_json:
        common.print_json({"connection": made.id, "title": made.title, "check": tested})
        return
    for step in tested.steps:
        if not step.ok:
            common.say(f"{step.detail} {step.what_to_do or ''}", "yellow")
    common.say(f"Saved as '{made.id}'; the secret is in {where}.", "green")
    common.say(f"Next: python -m proxbalance_core collect --connection {made.id} --once --generate")


@commands.command("test", epilog=_SECRET_HELP)
def test(
    host: Annotated[str, typer.Option("--host", help="Address, name:8006; without it, a saved connection.")] = "",
    connection: Annotated[str | None, typer.Option("--connection", "-c", help="A saved connection.")] = None,
    token_id: Token = "",
    user: User = "",
    fingerprint: Fingerprint = "",
    ca_file: CaFile = "",
    no_verify: Insecure = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Try a connection step by step without saving it."""
    from proxbalance_core.services.connecting import ConnectionWish

    with common.bench_at(data_dir) as bench:
        if host:
            wish = _wish("", _options(host, token_id, user, fingerprint, ca_file, no_verify))
            found = bench.test_connection(wish)
        else:
            saved = common.target(bench, connection)
            secret = bench.secrets.get(saved.id).get("secret", "") if saved.source == "proxmox" else ""
            found = bench.test_connection(
                ConnectionWish(
                    title=saved.title, source=saved.source, options=saved.options, secret=secret, replaces=saved.id
                )
            )
    _show(found, as_json)


def _show(found: ConnectionCheck, as_json: bool) -> None:
    if as_json:
        common.print_json({"ok": found.ok, "check": found})
    else:
        rows = [
            (common.coloured("ok" if s.ok else "no", "green" if s.ok else "red"), s.step, s.detail, s.what_to_do or "")
            for s in found.steps
        ]
        common.table("Connection", ("", "Step", "Found", "What to do"), rows)
    if not found.ok:
        raise typer.Exit(1)


@commands.command("list")
def listing(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List all connections and how they fare."""
    with common.bench_at(data_dir) as bench:
        found = [bench.status(connection.id) for connection in bench.connections()]
    if as_json:
        common.print_json({"connections": found})
        return
    rows = [
        (
            status.cid, status.title, status.source,
            common.coloured("old data", "yellow") if status.stale else common.coloured("up to date", "green"),
            f"{status.last_success:%Y-%m-%d %H:%M:%S} UTC" if status.last_success else "never", status.last_error or "",
        )
        for status in found
    ]  # fmt: skip
    common.table("Connections", ("Id", "Title", "Source", "", "Last success", "Last error"), rows)


@commands.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Id or title.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Remove a connection with all that was collected, and its secret."""
    with common.bench_at(data_dir) as bench:
        chosen = common.target(bench, name)
        if not yes:
            typer.confirm(f"Remove '{common.safe(chosen.title)}' and all its data?", abort=True, err=True)
        bench.remove_connection(chosen.id)
    if as_json:
        common.print_json({"removed": chosen.id})
        return
    common.say(f"Removed '{chosen.id}'.", "green")


def _options(
    host: str, token_id: str, user: str, fingerprint: str, ca_file: str, no_verify: bool
) -> tuple[tuple[str, str], ...]:
    if not token_id and not user:
        raise common.BadUsage("Say who asks: --token-id user@realm!name, or --user user@realm.")
    given = {"host": host, "token_id": token_id, "user": user, "fingerprint": fingerprint, "ca_file": ca_file}
    given["verify"] = "off" if no_verify else ""
    return tuple((key, value) for key, value in given.items() if value)


def _wish(title: str, options: tuple[tuple[str, str], ...]) -> ConnectionWish:
    """The wish with its secret, which never stands on a command line."""
    from proxbalance_core.services.connecting import ConnectionWish

    secret = os.environ.get(SECRET_VARIABLE, "")
    if not secret:
        secret = typer.prompt("Secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    return ConnectionWish(title=title, source="proxmox", options=options, secret=secret)
