"""The cluster's own past under other settings."""

from proxbalance_core.ui import backtest, first_run, header, past

header.head("Backtest", "What would other settings have made of this cluster's own past?")
if not past.only_now("A backtest looks back from the present."):
    backtest.page(first_run.generation())
