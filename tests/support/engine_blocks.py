# ruff: noqa: E501 - the rows of a Markdown table stay on one line
"""The blocks of docs/engine.md: every skip reason and what rules a target out, held against the code."""

from __future__ import annotations

from proxbalance_core.present.words import SKIPS
from proxbalance_core.recommend.constraints import MEM_LIMIT, MEM_LIMIT_IN_ORDER, START_RULINGS, Ruling
from proxbalance_core.recommend.eligibility import DUTY_PASSES

# reason: when it applies, what would change it; in the order in which they are asked.
WHY: dict[str, tuple[str, str]] = {
    "template": ("it is a template", "nothing; templates don't run"),
    "source_offline": ("its node isn't online", "the node comes back"),
    "not_measured": (
        "it or its node has no current CPU or memory figure",
        "a figure arrives; look at the node's row in Diagnostics",
    ),
    "has_ignore_tag": ("it is tagged `ignore` or `proxbalance-ignore`; in maintenance too", "taking the tag off"),
    "muted": ("it was muted in the app", "the date that was set, or unmuting it"),
    "ha_managed": ("Proxmox's HA manager looks after it", "`include_ha`: it is then moved with `ha-manager migrate`"),
    "stopped": ("it doesn't run: moving it relieves nobody", "starting it"),
    "locked": ("a backup, snapshot or migration holds a lock", "the end of that task"),
    "passthrough_device": ("it uses a PCI or USB device of its node", "a mapped device, or none"),
    "passthrough_disk": ("a disk is given by its device path", "a disk on a storage"),
    "unshared_bind_mount": (
        "container with a folder of its node mounted",
        "marking the mount point shared, if every node has it",
    ),
    "pinned": ("its `pin_` tags or a strict rule allow no other node", "another tag or node in the rule"),
    "affinity_blocked": (
        "a guest that it has to stay with can't move, or is on another node",
        "what holds back the guest that the detail names",
    ),
    "cooldown": ("it moved within `cooldown_hours`", "waiting, or a shorter cooldown"),
    "source_not_allowed": ("`allowed_sources` leaves its node out", "the setting"),
    "cluster_balanced": (
        "no node is over a threshold now or in the coming hours, and they lie within `balanced_spread_pct`",
        "more load, or lower thresholds",
    ),
    "recurring_spike": (
        "a short CPU peak of every day alone calls for it, and that by `plan_margin_pct`: all week its node stayed under the"
        " threshold",
        "a peak over the threshold or a lasting load; `hold_recurring_peaks` off",
    ),
    "storage_incompatible": (
        "every other node is ruled out by storage",
        "the storage on another node, or disks on shared storage",
    ),
    "no_suitable_target": (
        "every other node is ruled out; the detail says by what",
        "what the detail names, such as 12 GB more memory",
    ),
    "deferred": (
        "it passed the gates before the plan, and the plan did without it",
        "without the move that took its place, a higher `max_moves`, or more room for an order",
    ),
    "insufficient_improvement": (
        "neither its relief nor its improvement reaches `min_score_improvement`",
        "a lower minimum (the skip says which), or more strain",
    ),
    "no_relief": (
        "it would relieve the cluster by no more than the move costs",
        "more strain on its node, or a lower move cost",
    ),
}
# A duty passes those of the load as well: they are judged on what is left to do.
DUTY = DUTY_PASSES | {"recurring_spike", "deferred", "insufficient_improvement", "no_relief"}
TARGETS: dict[str, tuple[str, ...]] = {
    "is the node that it is on": ("SOURCE",),
    "is offline": ("OFFLINE",),
    "has no current figures": ("NOT_MEASURED",),
    "is in maintenance": ("MAINTENANCE",),
    "is left out by `allowed_targets`": ("NOT_ALLOWED",),
    "lacks one of its storages, has it inactive or without the content type, or has no room for a disk that is copied": (
        "STORAGE",
    ),
    "can't see the local CD-ROM image in the drive": ("CDROM",),
    "would have to take snapshots on local disks of a running VM": ("SNAPSHOTS",),
    "isn't allowed by pin tags or strict node affinity": ("PINNED",),
    "has another CPU model, and it is a running VM of CPU type `host`": ("CPU_TYPE",),
    "runs a guest that it must stay away from": ("APART",),
    "isn't where the rest of its unit is": ("TOGETHER",),
    f"would use more than {MEM_LIMIT:.0%} of its RAM ({MEM_LIMIT_IN_ORDER:.0%} within the order): what is in use there, arrivals by use, and all that this guest was given": (
        "MEMORY",
    ),
}


def skips_block() -> str:
    """Every skip reason in order."""
    assert list(WHY) == list(SKIPS), "the reasons here and in present/words.py differ"
    rows = ["| reason | called | when | what would change it | duty passes |", "|---|---|---|---|---|"]
    rows += [
        f"| `{reason}` | {SKIPS[reason]} | {when} | {change} | {'yes' if reason in DUTY else ''} |"
        for reason, (when, change) in WHY.items()
    ]
    return "\n".join(rows)


def targets_block() -> str:
    """What rules a target out, in the order in which it is asked."""
    named = [name for names in TARGETS.values() for name in names]
    moves = [ruling.name for ruling in Ruling if ruling not in (Ruling.FREE, *START_RULINGS)]
    assert named == moves, "the rulings have changed"
    return "\n".join(f"{i}. {text}" for i, text in enumerate(TARGETS, 1))


BLOCKS = {"skip-reasons": skips_block, "target-rulings": targets_block}
