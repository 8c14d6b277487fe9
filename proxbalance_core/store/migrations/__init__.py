"""Alembic migrations: the schema as it grew. A migration that was released is never edited."""
