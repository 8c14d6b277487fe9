"""How loaded is a node, and how sure and how risky is a move: points, strain, confidence, risk."""
