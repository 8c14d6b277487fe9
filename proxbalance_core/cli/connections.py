"""Commands about connections: add, test, edit, list, remove."""

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
WHO = "command line"
Host = Annotated[str, typer.Option("--host", help="Address, name:8006; several with commas.")]
Token = Annotated[str, typer.Option("--token-id", help="user@realm!name; its secret is asked for.")]
User = Annotated[str, typer.Option("--user", help="user@realm, with its password instead of a token.")]
_PIN_HELP = "SHA-256 of the certificate, to pin it; of several hosts host=SHA-256 of each, with commas."
Fingerprint = Annotated[str, typer.Option("--fingerprint", help=_PIN_HELP)]
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
    _shortcomings(tested)
    common.say(f"Saved as '{made.id}'; the secret is in {where}.", "green")
    common.say(f"Next: python -m proxbalance_core collect --connection {made.id} --once --generate")


def _shortcomings(tested: ConnectionCheck) -> None:
    for step in tested.steps:
        if not step.ok:
            common.say(f"{step.detail} {step.what_to_do or ''}", "yellow")


@commands.command("edit", epilog=_SECRET_HELP)
def edit(
    name: Annotated[str, typer.Argument(help="Id or title.")],
    title: Annotated[str, typer.Option("--title", help="What to call it; its id stays.")] = "",
    host: Annotated[str, typer.Option("--host", help="Address, name:8006; several with commas.")] = "",
    token_id: Token = "",
    user: User = "",
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="The same token or user has another secret.")
    ] = False,
    fingerprint: Fingerprint = "",
    ca_file: CaFile = "",
    verify: Annotated[bool | None, typer.Option("--verify/--no-verify", help="Check certificates, or don't.")] = None,
    timeout: Annotated[str, typer.Option("--timeout", help="Longest wait for an answer, seconds.")] = "",
    interval: Annotated[int | None, typer.Option("--interval", help="Time between two collections, seconds.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Change a saved connection; it is tested first, and what was collected stays.

    Only what is given changes. --token-id and --user take one another's place, and so do --fingerprint, --ca-file
    and --verify.
    """
    from proxbalance_core.services.editing import ConnectionChange, changed

    given = {"host": host, "token_id": token_id, "user": user, "fingerprint": fingerprint, "ca_file": ca_file}
    given |= {"verify": {True: "on", False: "off", None: ""}[verify], "timeout_s": timeout}
    options = tuple((key, value) for key, value in given.items() if value)
    if not (title or options or new_secret or interval is not None):
        raise common.BadUsage("Say what to change, --title, --host or another; --help lists them.")
    with common.bench_at(data_dir) as bench:
        chosen = common.target(bench, name)
        wanted = [] if interval is None else [f"interval_s={interval}"]
        settings = common.settings_from(None, wanted, bench.settings(chosen.id))
        secret = _secret() if token_id or user or new_secret else ""
        change = ConnectionChange(title=title, options=options, secret=secret)
        tested = bench.test_connection(changed(bench, chosen.id, change)) if change.needs_test else None
        made = bench.edit_connection(chosen.id, change, tested)
        if wanted:
            bench.save_settings(made.id, settings, WHO)
    if as_json:
        common.print_json({"connection": made.id, "title": made.title, "check": tested})
        return
    if tested is not None:
        _shortcomings(tested)
    common.say(f"Changed '{made.id}'.", "green")


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

    return ConnectionWish(title=title, source="proxmox", options=options, secret=_secret())


def _secret() -> str:
    found = os.environ.get(SECRET_VARIABLE, "")
    if found:
        return found
    return str(typer.prompt("Secret", hide_input=True)) if sys.stdin.isatty() else sys.stdin.readline().strip()
