from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app
from proxbalance_core.services.access import admitted
from proxbalance_core.services.workbench import Workbench


def run(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(app, ["tokens", *args, "--data-dir", str(folder)])


def test_a_token_is_shown_once_and_works_until_it_is_revoked(tmp_path: Path) -> None:
    secret = run(tmp_path, "add", "Home Assistant", "--scope", "write").stdout.strip()
    listed = run(tmp_path, "list", "--json").stdout
    assert secret.startswith("pxb_")
    assert secret.split("_", 2)[2] not in listed
    (token,) = json.loads(listed)
    assert (token["title"], token["scopes"]) == ("Home Assistant", ["read", "write"])
    with Workbench.open(tmp_path) as bench:
        assert admitted(bench, secret, "write").id == token["id"]
    assert "Revoked 'Home Assistant'" in run(tmp_path, "revoke", "Home Assistant").stdout
    assert "revoked 20" in run(tmp_path, "list").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("add", " "), "A token's title has 1 to 60 printable characters."),
        (("add", "a\x1b[31m"), "A token's title has 1 to 60 printable characters."),
        (("revoke", "nobody"), "There is no token 'nobody'; name one by its id."),
    ],
)
def test_what_can_not_be_is_said_in_one_sentence(tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    result = run(tmp_path, *args)
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_title_that_two_have_is_not_enough(tmp_path: Path) -> None:
    for _ in range(2):
        run(tmp_path, "add", "twin")
    assert "There are several tokens" in run(tmp_path, "revoke", "twin").stderr
