"""The HTTP API: what the app knows and can work out, for scripts and other programs, in the app's own process."""
