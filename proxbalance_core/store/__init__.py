"""What is kept: samples and rollups, generations, settings, what was decided and what happened.

``open_store(path)`` is the way in; everything else is reached as an attribute of the ``Store``.
"""

from proxbalance_core.store.opening import Store, open_store

__all__ = ["Store", "open_store"]
