"""``suggestions``: thresholds that would fit a cluster better, and what each and all of them together would change."""

from __future__ import annotations

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.suggestions import Suggested, Suggestions
from proxbalance_core.engine.outline import outlined
from proxbalance_core.recommend.thresholds import threshold_suggestions
from proxbalance_core.whatif.simulate import compare


def suggestions(snapshot: ClusterSnapshot, settings: Settings | None = None) -> Suggestions:
    """The threshold suggestions of a snapshot, simulated one by one and all at once.

    Parameters
    ----------
    snapshot : ClusterSnapshot
    settings : Settings
        Those in force.
    """
    settings = settings or Settings()
    found = threshold_suggestions(snapshot, settings)
    now = outlined(snapshot, settings)
    each = tuple(
        Suggested(
            suggestion=one,
            effect=compare(now, outlined(snapshot, changed(settings, {one.key: one.suggested}))),
        )
        for one in found
    )
    together = None
    if found:
        whole = changed(settings, {one.key: one.suggested for one in found})
        together = compare(now, outlined(snapshot, whole))
    return Suggestions(cluster=snapshot.cluster, taken_at=snapshot.taken_at, each=each, together=together)
