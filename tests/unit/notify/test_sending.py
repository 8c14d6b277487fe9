"""What is sent, to a server on this machine that also fails, points elsewhere and hangs."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator

import pytest

from proxbalance_core.errors import ConfigError
from proxbalance_core.notify import chat, webhook
from tests.support.receiver import Receiver, receiving

KEY, STAMP = "k3y", "1767225600"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever goes wrong in a test here, no log of ours or of a library's tells a key or an address's secret."""
    caplog.set_level(logging.DEBUG, "proxbalance_core")
    caplog.set_level(logging.INFO)
    yield
    for when in ("setup", "call"):
        text = "\n".join(record.getMessage() for record in caplog.get_records(when))
        assert "hush" not in text and KEY not in text


def send(receiver: Receiver, **document: object) -> webhook.Sent:
    return webhook.send(f"{receiver.url}?secret=hush", KEY, "t-1", STAMP, document)


def test_the_signature_is_of_timestamp_and_body(receiver: Receiver) -> None:
    assert send(receiver, event="node.overloaded", data={"node": "pve1"}).fault is None
    ((headers, body),) = receiver.taken
    expected = hmac.new(KEY.encode(), f"{STAMP}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers[webhook.SIGNATURE] == f"sha256={expected}"
    assert (headers[webhook.TIMESTAMP], headers[webhook.DELIVERY]) == (STAMP, "t-1")
    assert json.loads(body) == {"event": "node.overloaded", "data": {"node": "pve1"}}


@pytest.mark.parametrize(
    ("status", "said", "retry"),
    [
        (500, "It answered 500.", True),
        (404, "It answered 404.", True),
        (410, "It answered 410: it is gone for good.", False),
        (302, "It answered 302 and points elsewhere; that is not followed.", False),
    ],
)
def test_what_is_not_taken_says_why(receiver: Receiver, status: int, said: str, retry: bool) -> None:
    receiver.answers = [status]
    came = send(receiver)
    assert (came.fault, came.retry) == (said, retry)
    assert receiver.taken == [], "a redirect is not followed"


def test_one_that_hangs_is_left(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.3)
    receiver.answers = [0]
    came = send(receiver)
    assert came.fault is not None and came.fault.startswith("It did not answer within") and came.retry


def test_nobody_there_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "proxbalance_core")
    came = webhook.send("http://127.0.0.1:9/hook?secret=hush", KEY, "t-1", STAMP, {})
    assert came.fault == "It can't be reached." and came.retry
    assert "hush" not in caplog.text and KEY not in caplog.text


@pytest.mark.parametrize("url", ["", "ftp://host/x", "https://", "host/hook", "https://[", "http://h:99999/"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="A webhook's address begins with https://"):
        webhook.checked(url)


def test_a_chat_is_sent_plain_text_and_a_file(receiver: Receiver) -> None:
    url = f"json://127.0.0.1:{receiver.port}/"
    assert chat.checked(url) == url
    came = chat.send(url, "Lab: Urgent", "web-1 <b>& *x*</b>", ("report.pdf", b"%PDF-"))
    assert came.fault is None
    document = json.loads(receiver.taken[0][1])
    assert (document["title"], document["message"]) == ("Lab: Urgent", "web-1 <b>& *x*</b>")
    assert [found["filename"] for found in document["attachments"]] == ["report.pdf"]


def test_a_chat_that_refuses_says_so(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    receiver.answers = [500]
    came = chat.send(f"json://user:hush@127.0.0.1:{receiver.port}/", "t", "x")
    assert came.fault == "The service did not take it." and came.retry
    assert "hush" not in caplog.text


@pytest.mark.parametrize("url", ["", "nonsense", "nosuchservice://hush"])
def test_what_apprise_can_t_read_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="Apprise can't read this address"):
        chat.checked(url)
