"""The slow, obvious scorer: docs/scoring in plain loops, written from the page alone.

Points are penalties. A number that was not measured is NaN and makes no term. Nothing here is
rounded. The engine's arrays must say the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import isnan, nan, sqrt

from proxbalance_core import ClusterSnapshot, Settings
from proxbalance_core.domain.cluster import Guest, Node, Rule

GB = 2**30
MB = 2**20
WINDOWS = ("current", "avg_24h", "avg_7d", "p95_7d")
MEMORY_TERMS = ("current_mem", "sustained_mem", "mem_trend", "mem_spikes", "mem_overcommit", "predicted_mem")


# --- small tools ---


def known(*values: float) -> list[float]:
    return [value for value in values if not isnan(value)]


def first(*values: float) -> float:
    return (known(*values) or [nan])[0]


def clip(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def staircase(value: float, limits: tuple[float, ...], points: tuple[float, ...], edge: float) -> float:
    """``points`` at each limit, reached over ``edge`` above it; a hard step includes its limit."""
    if isnan(value):
        return 0.0
    total, before = 0.0, 0.0
    for limit, point in zip(limits, points, strict=True):
        share = clip((value - limit) / edge, 0.0, 1.0) if edge > 0 else float(value >= limit)
        total += (point - before) * share
        before = point
    return total


def weighted(pairs: list[tuple[float, float]]) -> float:
    """Mean of (weight, value) over what was measured; NaN when nothing was."""
    measured = [(weight, value) for weight, value in pairs if not isnan(value)]
    total = sum(weight for weight, _ in measured)
    return sum(weight * value for weight, value in measured) / total if total > 0 else nan


def pstd(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def linear(value: float, points: tuple[tuple[float, float], ...]) -> float:
    if value <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return points[-1][1]


# --- guests ---


def windows(use: object) -> list[float]:
    """Current, 24 h, 7 d, p95; a window that is missing takes the next known."""
    current, day, week = (getattr(use, name) for name in ("current", "avg_24h", "avg_7d"))
    day_ = first(day, current, week)
    week_ = first(week, day_)
    return [first(current, day_), day_, week_, first(use.p95_7d, use.max_7d, week_)]  # type: ignore[attr-defined]


def carried(guest: Guest) -> tuple[list[float], list[float]]:
    """CPU [cores] and memory [bytes] that the guest brings along: nothing unless it runs."""
    if not guest.running:
        return [0.0] * 4, [0.0] * 4
    cpu, mem = windows(guest.cpu_used_cores), windows(guest.mem_used_bytes)
    return [first(v, 0.0) for v in cpu], [first(v, 0.0) for v in mem]


def own_iowait(guest: Guest) -> float:
    if not guest.running:
        return 0.0
    bps = sum(known(guest.disk_read_bps, guest.disk_write_bps))
    return min(20.0, bps / MB / 100 * 5)


def exempt(guest: Guest) -> bool:
    return any(word.strip().lower() in ("io_exempt", "io-exempt") for tag in guest.tags for word in split_tags(tag))


def split_tags(text: str) -> list[str]:
    return text.replace(";", " ").replace(",", " ").split()


def guest_level(guest: Guest, s: Settings) -> float:
    """Cores of the guest, all windows blended."""
    cpu, _ = carried(guest)
    return weighted([(s.weight_current, cpu[0]), (s.weight_24h, cpu[1]), (s.weight_7d, cpu[2])])


def guest_share(guest: Guest, node: Node, s: Settings) -> float:
    """Cores of the guest in its node's level: blended over the windows that the node has, so that both compare."""
    cpu, _ = carried(guest)
    has = (node.cpu.current_pct, node.cpu.avg_24h_pct, node.cpu.avg_7d_pct)
    weights = (s.weight_current, s.weight_24h, s.weight_7d)
    return weighted([(w, nan if isnan(h) else c) for w, c, h in zip(weights, cpu, has, strict=False)])


# --- a node's state ---


@dataclass
class State:
    """A node as scoring sees it [percent], unclipped; lists are current, 24 h, 7 d, p95 or maximum."""

    node: Node
    cpu: list[float]
    mem: list[float]
    iowait: list[float]
    guests: list[Guest]
    soft_broken: int = 0

    def plus(self, guest: Guest) -> State:
        """With ``guest`` on it (its soft rules are the caller's business)."""
        cpu, mem = carried(guest)
        capacity = self.node.cpu_cores * self.node.cpu_speed_factor
        io = 0.0 if exempt(guest) else own_iowait(guest)
        return replace(
            self,
            cpu=[x + 100 * c / capacity for x, c in zip(self.cpu, cpu, strict=True)],
            mem=[x + 100 * m / self.node.mem_bytes for x, m in zip(self.mem, mem, strict=True)],
            iowait=[x + io for x in self.iowait],
            guests=[*self.guests, guest],
        )


def states(snapshot: ClusterSnapshot) -> dict[str, State]:
    """The state of every online, measured node."""
    out = {}
    for node in snapshot.nodes:
        if not node.measured:
            continue
        here = [guest for guest in snapshot.guests if guest.node == node.name]
        taken_off = sum(own_iowait(guest) for guest in here if exempt(guest))
        metric = [[m.current_pct, m.avg_24h_pct, m.avg_7d_pct, m.max_7d_pct] for m in (node.cpu, node.mem, node.iowait)]
        out[node.name] = State(
            node, metric[0], metric[1], [x - taken_off for x in metric[2]], here, soft_broken(snapshot, node.name)
        )
    return out


def soft_broken(snapshot: ClusterSnapshot, name: str) -> int:
    return sum(rule_broken(snapshot, rule, name) for rule in snapshot.rules if not rule.strict)


def rule_broken(snapshot: ClusterSnapshot, rule: Rule, name: str) -> bool:
    places = [guest.node for guest in snapshot.guests if guest.vmid in rule.guests]
    here = places.count(name)
    if rule.kind == "node-affinity":
        return here > 0 and name not in rule.nodes
    if rule.affinity == "negative":
        return here >= 2
    return here > 0 and len(set(places)) > 1


def level(values: list[float], s: Settings) -> float:
    return weighted([(s.weight_current, values[0]), (s.weight_24h, values[1]), (s.weight_7d, values[2])])


# --- terms ---


def scales(s: Settings) -> dict[str, float]:
    return {
        name: s.penalty_multiplier * 4 ** ((slider - 50) / 50)
        for name, slider in (("cpu", s.cpu_sensitivity), ("mem", s.mem_sensitivity), ("io", s.iowait_sensitivity))
    }


def cpu_points(value: float, s: Settings, margin: float = 0.0) -> float:
    t = s.cpu_threshold - margin
    limits = (t, t + s.cpu_threshold_offset_1, t + s.cpu_threshold_offset_2)
    points = (s.cpu_high_penalty, s.cpu_very_high_penalty, s.cpu_extreme_penalty)
    return scales(s)["cpu"] * staircase(value, limits, points, s.soft_edge_pct)


def mem_limits(s: Settings) -> tuple[float, float, float]:
    t = s.mem_threshold
    return t, t + s.mem_threshold_offset_1, t + s.mem_threshold_offset_2


def mem_points(value: float, s: Settings) -> float:
    points = (s.mem_high_penalty, s.mem_very_high_penalty, s.mem_extreme_penalty)
    return scales(s)["mem"] * staircase(value, mem_limits(s), points, s.soft_edge_pct)


def iowait_points(value: float, s: Settings) -> float:
    t = s.iowait_threshold
    limits = (t - s.iowait_threshold_offset_1, t - s.iowait_threshold_offset_2, t)
    points = (s.iowait_moderate_penalty, s.iowait_high_penalty, s.iowait_extreme_penalty)
    return scales(s)["io"] * staircase(value, limits, points, s.soft_edge_pct)


def overcommit_points(state: State, s: Settings) -> float:
    allocated = sum(guest.mem_bytes for guest in state.guests if guest.running)
    ratio = allocated / state.node.mem_bytes
    if ratio < 1.2:
        return 0.0
    share = min(1.0, (ratio - 1.2) / 0.8)
    return s.mem_overcommit_low + (s.mem_overcommit_high - s.mem_overcommit_low) * share


def trend_points(metric: object, first_step: float) -> float:
    certainty = {"high": 1.0, "medium": 0.5, "low": 0.0, None: 0.0}[metric.trend_confidence]  # type: ignore[attr-defined]
    steps = (first_step, 2 * first_step, 3 * first_step)
    return staircase(metric.trend_pct_per_day * certainty, (0.5, 1.0, 3.0), steps, 0.0)  # type: ignore[attr-defined]


def present_terms(state: State, s: Settings) -> dict[str, float]:
    """Every term of a state as it is, before the memory cap."""
    k, edge, node = scales(s), s.soft_edge_pct, state.node
    out = {
        "current_cpu": cpu_points(level(state.cpu, s), s),
        "current_mem": mem_points(state.mem[0], s),
        "iowait_current": iowait_points(level(state.iowait, s), s),
        "mem_overcommit": k["mem"] * overcommit_points(state, s),
        "soft_affinity": s.penalty_multiplier * s.soft_affinity_penalty * state.soft_broken,
    }
    if node.pressure is not None:
        felt = known(node.pressure.cpu_some_pct, node.pressure.mem_full_pct, node.pressure.io_full_pct)
        points = (s.pressure_high, s.pressure_very_high, s.pressure_critical)
        out["pressure"] = s.penalty_multiplier * staircase(max(felt, default=nan), (10, 25, 40), points, edge)
    if s.weight_7d > 0 and node.history_days >= s.min_history_days:
        out |= week_terms(state, s)
    return out


def week_terms(state: State, s: Settings) -> dict[str, float]:
    k, edge, node = scales(s), s.soft_edge_pct, state.node
    cpu = (s.cpu_sustained_high, s.cpu_sustained_very_high, s.cpu_sustained_critical)
    mem = (s.mem_sustained_high, s.mem_sustained_very_high, s.mem_sustained_critical)
    iowait = (s.iowait_sustained_high, s.iowait_sustained_very_high, s.iowait_sustained_critical)
    cpu_spikes = (s.cpu_spikes_moderate, s.cpu_spikes_high, s.cpu_spikes_very_high, s.cpu_spikes_extreme)
    mem_spikes = (s.mem_spikes_moderate, s.mem_spikes_high, s.mem_spikes_very_high, s.mem_spikes_extreme)
    return {
        "sustained_cpu": k["cpu"] * staircase(state.cpu[2], (70, 80, 90), cpu, edge),
        "sustained_mem": k["mem"] * staircase(state.mem[2], (80, 90, 95), mem, edge),
        "iowait_sustained": k["io"] * staircase(state.iowait[2], (10, 15, 20), iowait, edge),
        "cpu_trend": k["cpu"] * trend_points(node.cpu, s.cpu_trend_rising_penalty),
        "mem_trend": k["mem"] * trend_points(node.mem, s.mem_trend_rising_penalty),
        "cpu_spikes": k["cpu"] * staircase(state.cpu[3], (70, 80, 90, 95), cpu_spikes, edge),
        "mem_spikes": k["mem"] * staircase(state.mem[3], (85, 90, 95, 98), mem_spikes, edge),
    }


def predicted_terms(after: State, guest: Guest, s: Settings) -> dict[str, float]:
    """What the target would be like with ``guest`` (who is already in ``after``)."""
    cpu, _ = carried(guest)
    x = level(after.cpu, s)
    if cpu[3] > 2 * cpu[2]:
        capacity = after.node.cpu_cores * after.node.cpu_speed_factor
        x += 100 * (cpu[3] - guest_share(guest, after.node, s)) / capacity
    t = s.cpu_threshold
    limits = (t, t + s.cpu_threshold_offset_1, t + s.cpu_threshold_offset_2)
    points = (s.predicted_cpu_high, s.predicted_cpu_very_high, s.predicted_cpu_extreme)
    mem = (s.predicted_mem_high, s.predicted_mem_very_high, s.predicted_mem_extreme)
    return {
        "predicted_cpu": scales(s)["cpu"] * staircase(x, limits, points, s.soft_edge_pct),
        "predicted_mem": scales(s)["mem"] * staircase(after.mem[0], mem_limits(s), mem, s.soft_edge_pct),
    }


def capped(terms: dict[str, float], s: Settings) -> dict[str, float]:
    """The memory terms together cost at most the cap, scaled in proportion."""
    cap = s.memory_penalty_cap * s.penalty_multiplier
    total = sum(points for name, points in terms.items() if name in MEMORY_TERMS)
    if total <= cap:
        return terms
    return {name: points * (cap / total if name in MEMORY_TERMS else 1.0) for name, points in terms.items()}


# --- base ---


def storage_pct(node: Node) -> float:
    used = [
        100 * storage.used_bytes / storage.total_bytes
        for storage in node.storages or ()
        if storage.active and storage.total_bytes > 0 and not isnan(storage.used_bytes)
    ]
    return sum(used) / len(used) if used else nan


def base_rows(before: State, after: State, s: Settings) -> dict[str, float]:
    """The four continuous rows; x' is of ``after``."""
    x = [clipped(v) for v in (level(after.cpu, s), after.mem[0], level(after.iowait, s))]
    cpu, mem = clipped(level(before.cpu, s)), clipped(before.mem[0])
    load = clipped(100 * before.node.load_avg_1m / before.node.cpu_cores)
    disk = clipped(storage_pct(before.node))
    health = weighted([(0.40, x[0]), (0.15, x[1]), (0.25, x[2]), (0.10, load), (0.10, disk)])
    predicted = weighted([(0.40, x[0]), (0.15, x[1]), (0.25, x[2]), (0.15, cpu), (0.05, mem)])
    headroom = 100 - weighted([(0.65, 100 - x[0]), (0.35, 100 - x[1])])
    rows = {"base_health": 0.25 * health, "base_predicted": 0.40 * predicted, "base_headroom": 0.20 * headroom}
    return rows | {"base_storage": 0.0 if isnan(disk) else 0.15 * disk}


def clipped(value: float) -> float:
    return value if isnan(value) else clip(value, 0.0, 100.0)


# --- scores ---


def node_rows(state: State, s: Settings) -> dict[str, float]:
    return capped(present_terms(state, s), s) | base_rows(state, state, s)


def node_score(state: State, s: Settings) -> float:
    return sum(node_rows(state, s).values())


def target_rows(state: State, guest: Guest, s: Settings) -> dict[str, float]:
    after = state.plus(guest)
    return capped(present_terms(state, s) | predicted_terms(after, guest, s), s) | base_rows(state, after, s)


def target_score(state: State, guest: Guest, s: Settings) -> float:
    return sum(target_rows(state, guest, s).values())


# --- the cluster ---


def planned(snapshot: ClusterSnapshot) -> dict[str, State]:
    """The nodes that strain is over: online, measured, not in maintenance."""
    return {name: state for name, state in states(snapshot).items() if not state.node.maintenance}


def hours(snapshot: ClusterSnapshot, s: Settings) -> list[dict[str, float]]:
    """CPU of each planned node [percent] in each hour of each scenario; the present alone without any forecast."""
    nodes = planned(snapshot)
    count = scenario_count(snapshot)
    if not count:
        return [{name: level(state.cpu, s) for name, state in nodes.items()}]
    return [
        {name: cpu_in_hour(state, k, h, s) for name, state in nodes.items()} for k in range(count) for h in range(24)
    ]


def scenario_count(snapshot: ClusterSnapshot) -> int:
    counts = [len(node.next_24h.own_cpu_cores) for node in snapshot.nodes if node.next_24h]
    return max(counts + [len(guest.next_24h.cpu_cores) for guest in snapshot.guests if guest.next_24h], default=0)


def cpu_in_hour(state: State, k: int, h: int, s: Settings) -> float:
    node = state.node
    capacity = node.cpu_cores * node.cpu_speed_factor
    running = [guest for guest in state.guests if guest.running]
    levels = [guest_level(guest, s) for guest in running]
    if node.next_24h:
        own = node.next_24h.own_cpu_cores[k][h]
    else:
        own = max(0.0, level(state.cpu, s) / 100 * capacity - sum(guest_share(guest, node, s) for guest in running))
    used = [
        guest.next_24h.cpu_cores[k][h] if guest.next_24h else held for guest, held in zip(running, levels, strict=True)
    ]
    return 100 * (own + sum(used)) / capacity


def plan_mem_points(value: float, s: Settings) -> float:
    """Memory as plans see it: a line through seven points, level outside of them."""
    first, second, third = mem_limits(s)
    most = s.mem_high_penalty, s.mem_very_high_penalty, s.mem_extreme_penalty
    bends = [first - 10, first - 5, first, (first + second) / 2, second, third, third + (third - second)]
    points = [0.0, 0.05 * most[0], 0.15 * most[0], 0.375 * most[0], 0.75 * most[0], most[1], most[2]]
    for i in range(1, len(bends)):
        bends[i] = max(bends[i], bends[i - 1])
    if value < bends[0]:
        return 0.0
    for i in range(len(bends) - 1):
        if bends[i] <= value < bends[i + 1]:
            along = (value - bends[i]) / (bends[i + 1] - bends[i])
            return scales(s)["mem"] * (points[i] + along * (points[i + 1] - points[i]))
    return scales(s)["mem"] * points[-1]


def node_strain(state: State, cpu: float, s: Settings) -> float:
    memory = min(plan_mem_points(state.mem[0], s), s.memory_penalty_cap * s.penalty_multiplier)
    soft = s.penalty_multiplier * s.soft_affinity_penalty * state.soft_broken
    over = 2 * max(0.0, cpu - 100)
    return cpu_points(cpu, s, s.plan_margin_pct) + over + memory + iowait_points(level(state.iowait, s), s) + soft


def strains(snapshot: ClusterSnapshot, s: Settings) -> dict[str, float]:
    """``nodes[].strain``: the mean over the hours."""
    all_hours = hours(snapshot, s)
    return {
        name: sum(node_strain(state, hour[name], s) for hour in all_hours) / len(all_hours)
        for name, state in planned(snapshot).items()
    }


def strain(snapshot: ClusterSnapshot, s: Settings) -> float:
    """J x nodes."""
    nodes = planned(snapshot)
    if not nodes:
        return 0.0
    total = 0.0
    all_hours = hours(snapshot, s)
    for hour in all_hours:
        points = [node_strain(state, hour[name], s) for name, state in nodes.items()]
        loads = [clip((hour[name] + state.mem[0]) / 2, 0.0, 100.0) for name, state in nodes.items()]
        total += sum(points) / len(points) + s.balance_weight * pstd(loads)
    return total / len(all_hours) * len(nodes)


def imbalance(loads: list[tuple[float, float]]) -> float:
    """Of (cpu, memory) fractions: population standard deviation of their means over the mean of these."""
    values = [(cpu + mem) / 2 for cpu, mem in loads]
    mean = sum(values) / len(values) if values else 0.0
    return pstd(values) / mean if mean > 0 else 0.0


def cluster_health(snapshot: ClusterSnapshot, s: Settings) -> float | None:
    """100 minus the mean of the nodes' terms, at the balanced profile's points and the user's thresholds."""
    found = states(snapshot)
    if not found:
        return None
    kept = (
        "cpu_threshold", "mem_threshold", "iowait_threshold", "cpu_threshold_offset_1", "cpu_threshold_offset_2",
        "mem_threshold_offset_1", "mem_threshold_offset_2", "iowait_threshold_offset_1", "iowait_threshold_offset_2",
        "soft_edge_pct", "min_history_days",
    )  # fmt: skip
    plain = Settings(**{name: getattr(s, name) for name in kept})
    total = sum(
        state.node.cpu_cores * min(100.0, sum(capped(present_terms(state, plain), plain).values()))
        for state in found.values()
    )
    return clip(100 - total / sum(state.node.cpu_cores for state in found.values()), 0.0, 100.0)


# --- confidence and risk: the maps ---


def improvement_factor(points: float) -> float:
    return linear(points, ((0, 0), (15, 30), (25, 50), (40, 75), (60, 100)))


def headroom_factor(cpu_pct: float, mem_pct: float) -> float:
    free = ((100 - cpu_pct) + (100 - mem_pct)) / 2
    return linear(free, ((0, 0), (66.7, 100)))


def complexity_factor(guest: Guest) -> float:
    gb, cores = guest.mem_bytes / GB, guest.cpu_cores
    score = 40 if gb > 32 or cores > 8 else 60 if gb > 16 or cores > 4 else 80 if gb > 4 else 100
    score -= 15 * sum(disk.local_copy for disk in guest.disks)
    return max(0, score - (10 if guest.snapshots else 0))


def risk_parts(guest: Guest, health: float) -> dict[str, float]:
    """Score of each factor, before its weight."""

    def step(value: float, steps: tuple[tuple[float, float], ...], low: float) -> float:
        return next((score for limit, score in steps if value >= limit), low)

    disk = sum(known(guest.disk_read_bps, guest.disk_write_bps)) / MB
    net = sum(known(guest.net_in_bps, guest.net_out_bps)) / MB
    count = len([disk for disk in guest.disks if not disk.cdrom])
    storage = 80 if count > 4 else 50 if count > 2 else 30 if count > 1 else 10
    storage += 20 * bool(guest.snapshots) + 15 * any(d.bind_mount for d in guest.disks)
    storage += 30 * any(d.local_copy for d in guest.disks)
    return {
        "guest_memory": step(guest.mem_bytes / GB, ((64, 100), (32, 75), (16, 50), (4, 25)), 10),
        "disk_io": step(disk, ((100, 100), (50, 75), (20, 50), (5, 25)), 5),
        "storage": min(100, storage),
        "network": step(net, ((100, 90), (50, 65), (10, 35)), 10),
        "cluster_health": 90 if health < 30 else 60 if health < 50 else 30 if health < 70 else 10,
    }


RISK_WEIGHTS = {"guest_memory": 0.30, "disk_io": 0.25, "storage": 0.20, "network": 0.15, "cluster_health": 0.10}


def risk(guest: Guest, health: float) -> float:
    return sum(RISK_WEIGHTS[name] * score for name, score in risk_parts(guest, health).items())
