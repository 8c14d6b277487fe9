"""Values only: what the rooms hand to one another. No I/O, no clock, no pandas."""
