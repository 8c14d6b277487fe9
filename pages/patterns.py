"""Daily and weekly patterns of nodes and guests."""

from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import first_run, header, past, patterns

header.head("Patterns", "When is it busy, what repeats, and which guests peak together?")
if not past.only_now("Patterns are of the time up to now."):
    generation = first_run.generation()
    if isinstance(generation, Generation):
        patterns.page(generation)
