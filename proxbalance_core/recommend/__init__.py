"""Who may move where, who is worth moving, and every reason in words."""
