"""A second profile in the shadow: asked on every snapshot, and compared over days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import fmean

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.outlines import Outline
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.shadows import Advised, ShadowMove, ShadowReport, ShadowRound, ShadowSide
from proxbalance_core.domain.wording import counted
from proxbalance_core.engine.outline import outlined
from proxbalance_core.whatif.simulate import outline_of

DAY_S = 86_400.0
OURS = "in force"


def observed(at: datetime, snapshot: ClusterSnapshot, told: Assessment, settings: Settings) -> ShadowRound:
    """What ``settings`` say of the snapshot that ``told`` is of, which was assessed ``at``."""
    return ShadowRound(at=at, ours=_advised(outline_of(told)), theirs=_advised(outlined(snapshot, settings)))


def _advised(told: Outline) -> Advised:
    return Advised(
        moves={move.vmid: move.target for move in told.moves}, gigabytes=told.counts.gigabytes, health=told.health,
        predicted_health=told.counts.cluster_health,
    )  # fmt: skip


def compared(cluster: str, name: str, rounds: Sequence[ShadowRound]) -> ShadowReport:
    """Both sides over ``rounds``, oldest first; none of their advice is known to have been followed.

    Parameters
    ----------
    cluster, name : str
        Of the cluster, and of the settings in the shadow.
    rounds : sequence of ShadowRound
    """
    ours = _side(OURS, rounds, lambda found: found.ours)
    theirs = _side(name, rounds, lambda found: found.theirs)
    shares = [share for found in rounds if (share := _agreement(found)) is not None]
    agreement = round(100.0 * fmean(shares), 1) if shares else None
    return ShadowReport(
        cluster=cluster, begins=rounds[0].at if rounds else None, ends=rounds[-1].at if rounds else None,
        rounds=len(rounds), ours=ours, theirs=theirs, agreement_pct=agreement, moves=_moves(rounds),
        summary=_summary(len(rounds), ours, theirs, agreement),
    )  # fmt: skip


def _side(name: str, rounds: Sequence[ShadowRound], of: Callable[[ShadowRound], Advised]) -> ShadowSide:
    each = [of(found) for found in rounds]
    days = (rounds[-1].at - rounds[0].at).total_seconds() / DAY_S if len(rounds) > 1 else 0.0
    appeared = sum(len(set(b.moves.items()) - set(a.moves.items())) for a, b in pairwise(each))
    health = [one.predicted_health for one in each if one.predicted_health is not None]
    return ShadowSide(
        name=name, advised=len({move for one in each for move in one.moves.items()}),
        per_round=round(fmean([len(one.moves) for one in each]), 2) if each else 0.0,
        appeared_per_day=round(appeared / days, 2) if days else 0.0,
        gigabytes_per_round=round(fmean([one.gigabytes for one in each]), 2) if each else 0.0,
        predicted_health=round(fmean(health), 1) if health else None,
    )  # fmt: skip


def _agreement(found: ShadowRound) -> float | None:
    ours, theirs = set(found.ours.moves.items()), set(found.theirs.moves.items())
    return len(ours & theirs) / len(ours | theirs) if ours | theirs else None


def _moves(rounds: Sequence[ShadowRound]) -> tuple[ShadowMove, ...]:
    """Every move of either side, those the sides differ most about first."""
    ours = Counter(move for found in rounds for move in found.ours.moves.items())
    theirs = Counter(move for found in rounds for move in found.theirs.moves.items())
    made = [
        ShadowMove(vmid=vmid, target=target, ours=ours[vmid, target], theirs=theirs[vmid, target])
        for vmid, target in ours.keys() | theirs.keys()
    ]
    return tuple(sorted(made, key=lambda m: (-abs(m.ours - m.theirs), -m.ours - m.theirs, m.vmid, m.target)))


def _summary(rounds: int, ours: ShadowSide, theirs: ShadowSide, agreement: float | None) -> str:
    if not rounds:
        return "There is nothing to compare yet: the first comparison comes with the next assessment."
    if agreement is None:
        return f"In {counted(rounds, 'assessment')} neither side advised a move."
    return (
        f"In {counted(rounds, 'assessment')} '{theirs.name}' advised {counted(theirs.advised, 'different move')}, "
        f"the settings in force {ours.advised}; on average they agree on {agreement:g} % of the moves of a round."
    )
