"""Which moves together, in which order, and what they do to the cluster as a whole."""
