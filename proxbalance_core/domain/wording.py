"""How sentences count and list things."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """``1 move``, ``3 moves``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *head, last = items or ("",)
    return f"{', '.join(head)} and {last}" if head else last


def lasting(seconds: float) -> str:
    """Seconds in one unit, for estimates: ``40 s``, ``14 min``, ``3 h``."""
    for unit, step in (("h", 3_600), ("min", 60)):
        if seconds >= 2 * step:
            return f"{seconds / step:.0f} {unit}"
    return f"{seconds:.0f} s"


def clause(sentence: str) -> str:
    """A sentence as it goes on after a colon: with a small first letter, unless it begins with a name."""
    return sentence if sentence.startswith("Proxmox") else sentence[:1].lower() + sentence[1:]
