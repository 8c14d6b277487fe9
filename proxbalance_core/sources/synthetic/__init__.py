"""The demo cluster: five nodes and forty guests that live by a seed and a clock."""

from proxbalance_core.sources.synthetic.source import SyntheticSource

__all__ = ["SyntheticSource"]
