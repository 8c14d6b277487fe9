"""What the connect flow still asks for, and what it hands on."""

from __future__ import annotations

import pytest

from proxbalance_core.present.connecting import Draft, SignIn

TOKEN = SignIn(kind="token", name="proxbalance@pve!app", secret="s3cret")


def test_a_token_is_an_option_and_its_secret_is_none() -> None:
    draft = Draft.of("pve1, pve2:8006", "Lab", ("system", ""), TOKEN)
    assert draft.complete
    assert dict(draft.options) == {"host": "pve1,pve2:8006", "token_id": "proxbalance@pve!app", "verify": "on"}
    assert draft.secret == "s3cret"


def test_a_user_with_a_password() -> None:
    draft = Draft.of("pve1", "", ("fingerprint", "AB:CD"), SignIn(kind="password", name=" root@pam ", secret="pw"))
    assert draft.complete
    assert dict(draft.options) == {"host": "pve1", "user": "root@pam", "verify": "on", "fingerprint": "AB:CD"}


@pytest.mark.parametrize(
    ("who", "missing"),
    [
        (SignIn(kind="token", name="root@pam", secret="x"), "a token ID like user@pve!name"),
        (SignIn(kind="password", name="root", secret="x"), "a user like name@pam"),
        (SignIn(kind="password", name="a@pve!b", secret="x"), "a user like name@pam"),
        (SignIn(kind="password", name="root@pam", secret=""), "the password"),
    ],
)
def test_what_is_missing_is_named(who: SignIn, missing: str) -> None:
    assert Draft.of("pve1", "", ("system", ""), who).missing == (missing,)


def test_no_secret_is_in_what_a_log_would_print() -> None:
    assert "s3cret" not in repr(TOKEN) + repr(Draft.of("pve1", "", ("system", ""), TOKEN))
