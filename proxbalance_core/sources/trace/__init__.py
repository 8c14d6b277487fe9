"""One's own measurements from CSV or Parquet, as inventory and samples."""

from proxbalance_core.sources.trace.columns import FIELDS, guess
from proxbalance_core.sources.trace.reading import Trace, read_table, read_trace

__all__ = ["FIELDS", "Trace", "guess", "read_table", "read_trace"]
