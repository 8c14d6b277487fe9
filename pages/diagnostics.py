"""What the engine did, what it left out, and whether everything behind it is well."""

from proxbalance_core.ui import diagnostics, first_run, header
from proxbalance_core.ui.state import scope

header.head("Diagnostics", "What the engine did, what it left out, and whether collecting works.", regenerate=True)
generation = first_run.kept()
diagnostics.engine_run(generation)
diagnostics.skips(generation)
if scope().as_of is None:
    diagnostics.collector()
    diagnostics.checks(generation.cid)
diagnostics.scoring(generation)
if scope().as_of is None:
    diagnostics.export(generation.cid)
