"""Events out: signed webhooks, and chat, mail and push by Apprise."""
