"""The registry of quantities in Prometheus's text format: one metric for each, labelled by cluster and node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from proxbalance_core import __version__
from proxbalance_core.domain.quantities import CLUSTER, NODE, ClusterQuantity, Facts, NodeQuantity, readings

PREFIX, TOTAL = "proxbalance", "_total"
CLUSTER_LABELS, NODE_LABELS = ("cluster",), ("cluster", "node")
Values = dict[str, list[tuple[tuple[str, ...], float]]]


def metric_name(quantity: ClusterQuantity | NodeQuantity) -> str:
    """``proxbalance_cluster_health``, ``proxbalance_node_suitability``."""
    return f"{PREFIX}_{'node' if isinstance(quantity, NodeQuantity) else 'cluster'}_{quantity.key}"


def exposed(clusters: Mapping[str, Facts]) -> tuple[str, str]:
    """The text for all clusters, and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Quantities(clusters))
    return generate_latest(registry).decode(), CONTENT_TYPE_PLAIN_0_0_4


class _Quantities(Collector):
    """Gives the registry's quantities; what was not measured has no sample."""

    def __init__(self, clusters: Mapping[str, Facts]) -> None:
        self._values: tuple[Values, Values] = ({}, {})
        for cid, facts in clusters.items():
            for reading in readings(facts):
                if reading.value is None:
                    continue
                labels = (cid,) if reading.node is None else (cid, reading.node)
                of = self._values[reading.node is not None]
                of.setdefault(reading.key, []).append((labels, reading.value))

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily(PREFIX, "This ProxBalance", value={"version": __version__})
        for of_cluster in CLUSTER:
            yield _family(of_cluster, CLUSTER_LABELS, self._values[0])
        for of_node in NODE:
            yield _family(of_node, NODE_LABELS, self._values[1])


def _family(quantity: ClusterQuantity | NodeQuantity, labels: tuple[str, ...], values: Values) -> Metric:
    kind = CounterMetricFamily if quantity.key.endswith(TOTAL) else GaugeMetricFamily
    made = kind(metric_name(quantity), f"{quantity.name} [{quantity.unit}]", labels=labels)
    for names, value in values.get(quantity.key, ()):
        made.add_metric(names, value)
    return made
