"""Who belongs together through others: sets that share a member are one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def united(sets: Iterable[Sequence[int]]) -> dict[int, int]:
    """The lowest member of the joined set that each member of ``sets`` is in."""
    leader: dict[int, int] = {}

    def find(member: int) -> int:
        while leader.setdefault(member, member) != member:
            member = leader[member]
        return member

    for members in sets:
        for member in members:
            one, other = sorted((find(members[0]), find(member)))
            leader[other] = one
    return {member: find(member) for member in sorted(leader)}
