"""Commands about tokens of the HTTP API: add, list, revoke."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from proxbalance_core.cli import common
from proxbalance_core.cli.common import AsJson, DataDir

commands = typer.Typer(help="Tokens of the HTTP API.", no_args_is_help=True, rich_markup_mode=None)


class ScopeName(StrEnum):
    """What a token is good for."""

    SCRAPE = "scrape"
    READ = "read"
    WRITE = "write"
    ACT = "act"


_SCOPES = "scrape: /metrics alone; read: everything, and what-ifs; write: assess again, change settings; act: migrate."


@commands.command("add")
def add(
    title: Annotated[str, typer.Argument(help="Who will use it.")],
    scopes: Annotated[list[ScopeName] | None, typer.Option("--scope", help=f"{_SCOPES} May be repeated.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a token; it is shown once."""
    from proxbalance_core.services.access import add_token

    wanted = tuple(scope.value for scope in scopes or (ScopeName.READ,))
    with common.bench_at(data_dir) as bench:
        token, secret = add_token(bench, title, wanted)
    if as_json:
        common.print_json({"id": token.id, "title": token.title, "scopes": token.scopes, "token": secret})
        return
    typer.echo(secret)
    typer.echo("It is shown this once: keep it where whoever uses it finds it.", err=True)


@commands.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List tokens, the revoked ones too; never their secrets."""
    from proxbalance_core.services.access import tokens

    with common.bench_at(data_dir) as bench:
        found = tokens(bench)
    if as_json:
        common.print_json(found)
        return
    rows = [
        (
            token.id, token.title, " ".join(token.scopes), f"{token.created_at:%Y-%m-%d %H:%M}",
            f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never",
            f"revoked {token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else "",
        )
        for token in found
    ]  # fmt: skip
    common.table("API tokens (times in UTC)", ("Id", "Title", "Scopes", "Made", "Last used", ""), rows)


@commands.command("revoke")
def revoke(
    named: Annotated[str, typer.Argument(help="Id or title.")], data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Refuse a token from now on."""
    from proxbalance_core.services.access import revoke_token

    with common.bench_at(data_dir) as bench:
        gone = revoke_token(bench, named)
    if as_json:
        common.print_json({"revoked": gone.id, "title": gone.title})
        return
    common.say(f"Revoked '{gone.title}' ({gone.id}).", "green")
