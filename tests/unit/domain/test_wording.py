"""Sentences that other sentences take in."""

from __future__ import annotations

import pytest

from proxbalance_core.domain.wording import clause


@pytest.mark.parametrize(
    ("sentence", "after_a_colon"),
    [
        ("It is locked (backup).", "it is locked (backup)."),
        ("Proxmox's HA manager looks after it.", "Proxmox's HA manager looks after it."),
        ("", ""),
    ],
)
def test_a_sentence_after_a_colon(sentence: str, after_a_colon: str) -> None:
    assert clause(sentence) == after_a_colon
