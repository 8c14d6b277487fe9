"""How scores went, what happened, what the advice brought."""

from proxbalance_core.ui import first_run, header, history

header.head("History", "How did it go, what changed, and was the advice right?")
history.page(first_run.kept())
