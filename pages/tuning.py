"""Settings with what they would change: presets, sliders, simple rules, every value, suggestions, history."""

from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import first_run, header, past, tuning

header.head("Tuning", "Try settings and see at once what they would change; nothing counts before you apply it.")
if not past.only_now("Settings belong to the present."):
    generation = first_run.generation()
    if isinstance(generation, Generation):
        tuning.page(generation)
