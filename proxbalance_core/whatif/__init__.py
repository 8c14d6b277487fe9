"""Other settings, other placements, other clusters: the same engine, asked again."""
