"""The tables of docs/api.md and the Grafana dashboard, made from the route table and the registry of quantities."""

from __future__ import annotations

from typing import Any

from proxbalance_core.api.exposition import metric_name
from proxbalance_core.api.openapi import PREFIX, description
from proxbalance_core.api.table import METRICS, TABLE
from proxbalance_core.domain.quantities import CLUSTER, NODE
from proxbalance_core.domain.tokens import SCOPE_WORDS

Panel = dict[str, Any]
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
OF_CLUSTER, OF_NODE = '{cluster="$cluster"}', '{cluster="$cluster", node=~"$node"}'
WIDTH = 24


def routes_block() -> str:
    """Every path with its scope."""
    rows = [
        (f"{PREFIX}{one.path.replace(':int', '')}", one.method, one.scope or "none", one.summary)
        for one in (*TABLE, description())
    ]
    rows.append((METRICS.path, METRICS.method, "scrape or read", METRICS.summary))
    lines = [f"| {method} | `{path}` | {scope} | {summary} |" for path, method, scope, summary in rows]
    return "\n".join(["| | path | scope | what |", "|---|---|---|---|", *lines])


def scopes_block() -> str:
    """What each scope is good for."""
    return "\n".join(f"* `{scope}`: {words}." for scope, words in SCOPE_WORDS.items())


def quantities_block() -> str:
    """Every quantity with its id and the name that Prometheus knows it by."""
    rows = [(f"cluster/{one.key}", one) for one in CLUSTER]
    rows += [(f"cluster/node/NAME/{one.key}", one) for one in NODE]  # type: ignore[misc]
    lines = [f"| `{qid}` | `{metric_name(one)}` | {one.name} | {one.unit} |" for qid, one in rows]
    return "\n".join(["| id | metric | what | unit |", "|---|---|---|---|", *lines])


def _metric(key: str) -> str:
    """The metric of a quantity that must be in the registry: ``health``, ``node/cpu_pct``."""
    node, _, name = key.rpartition("/")
    return next(metric_name(one) for one in (NODE if node else CLUSTER) if one.key == name)


def _panel(kind: str, title: str, keys: tuple[str, ...], unit: str, **more: Any) -> Panel:
    targets = [
        {
            "datasource": SOURCE, "refId": "ABCDEFGH"[i],
            "expr": _metric(key) + (OF_NODE if "/" in key else OF_CLUSTER),
            "legendFormat": "{{node}}" if "/" in key and len(keys) == 1 else _title(key),
        }
        for i, key in enumerate(keys)
    ]  # fmt: skip
    field = {"defaults": {"unit": unit, **more.pop("defaults", {})}, "overrides": []}
    return {"type": kind, "title": title, "datasource": SOURCE, "targets": targets, "fieldConfig": field, **more}


def _title(key: str) -> str:
    node, _, name = key.rpartition("/")
    return next(one.name for one in (NODE if node else CLUSTER) if one.key == name)


def _steps(*steps: tuple[str, float | None]) -> dict[str, Any]:
    return {"thresholds": {"mode": "absolute", "steps": [{"color": c, "value": v} for c, v in steps]}}


def _rows() -> tuple[tuple[int, tuple[Panel, ...]], ...]:
    """Panels by row, with the height of each row."""
    poor_first = _steps(("red", None), ("orange", 50), ("green", 70))
    some_are_bad = _steps(("green", None), ("orange", 1))
    return (
        (5, (
            _panel("gauge", "Cluster health", ("health",), "none", defaults={"min": 0, "max": 100, **poor_first}),
            _panel("stat", "Recommendations", ("recommendations",), "none"),
            _panel("stat", "Largest gain", ("best_gain_points",), "none"),
            _panel("stat", "Critical advisories", ("critical_advisories",), "none", defaults=some_are_bad),
            _panel("stat", "Conflicts", ("conflicts",), "none", defaults=some_are_bad),
            _panel("stat", "Age of the figures", ("data_age_seconds",), "s"),
        )),
        (8, (
            _panel("timeseries", "Health, now and after the plan", ("health", "predicted_health"), "none",
                   defaults={"min": 0, "max": 100}),
            _panel("timeseries", "Strain, now and after the plan", ("strain_points", "predicted_strain_points"),
                   "none"),
        )),
        (8, (
            _panel("timeseries", "Penalty of each node", ("node/score_points",), "none"),
            _panel("timeseries", "Suitability of each node", ("node/suitability",), "none",
                   defaults={"min": 0, "max": 100}),
        )),
        (8, (
            _panel("timeseries", "CPU", ("node/cpu_pct",), "percent", defaults={"min": 0}),
            _panel("timeseries", "Memory", ("node/mem_pct",), "percent", defaults={"min": 0}),
            _panel("timeseries", "I/O wait", ("node/iowait_pct",), "percent", defaults={"min": 0}),
        )),
        (8, (
            _panel("bargauge", "CPU after the plan", ("node/predicted_cpu_pct",), "percent",
                   defaults={"min": 0, "max": 100}),
            _panel("timeseries", "Imbalance", ("imbalance_ratio", "predicted_imbalance_ratio"), "none"),
            _panel("timeseries", "Guests", ("node/guests",), "none"),
        )),
    )  # fmt: skip


def _variable(name: str, label: str, query: str, *, several: bool) -> dict[str, Any]:
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "query": query, "refresh": 2,
        "multi": several, "includeAll": several, "sort": 1,
    }  # fmt: skip


def dashboard() -> dict[str, Any]:
    """A Grafana dashboard over the metrics."""
    panels: list[Panel] = []
    top = 0
    for height, row in _rows():
        width = WIDTH // len(row)
        for i, panel in enumerate(row):
            place = {"h": height, "w": width, "x": i * width, "y": top}
            panels.append({"id": len(panels) + 1, **panel, "gridPos": place})
        top += height
    variables = [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
        _variable("cluster", "Cluster", f"label_values({_metric('recommendations')}, cluster)", several=False),
        _variable("node", "Node", f"label_values({_metric('node/online')}{OF_CLUSTER}, node)", several=True),
    ]
    return {
        "title": "ProxBalance", "uid": "proxbalance", "schemaVersion": 39, "tags": ["proxmox", "proxbalance"],
        "timezone": "browser", "refresh": "1m", "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": variables}, "panels": panels,
    }  # fmt: skip


BLOCKS = {"api-routes": routes_block, "api-scopes": scopes_block, "api-quantities": quantities_block}
