"""AI text: asked of a provider over HTTP. Nothing else knows the network here."""
