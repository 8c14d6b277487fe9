"""The decision rooms in their order, pure: no I/O, no clock, no randomness."""
