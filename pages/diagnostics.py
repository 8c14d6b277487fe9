"""What the engine did, what it left out, and whether everything behind it is well."""

from proxbalance_core.ui import diagnostics, first_run, header

header.head("Diagnostics", "What the engine did, what it left out, and whether collecting works.", regenerate=True)
generation = first_run.generation()
diagnostics.engine_run(generation)
diagnostics.skips(generation)
diagnostics.collector(generation)
diagnostics.checks(generation)
diagnostics.scoring(generation)
diagnostics.export(generation)
