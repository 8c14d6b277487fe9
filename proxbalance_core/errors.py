"""The errors of ProxBalance, split by what the caller can do about them.

ProxBalanceError
  ConfigError    SettingInvalid, SettingMissing
  SourceError    SourceUnavailable (retry), AuthenticationFailed (do not), PermissionMissing, MalformedResponse
  StoreError     SchemaVersionMismatch, SnapshotNotFound, DatabaseDamaged
  DataError      SnapshotInvalid, ChangeInvalid, FrameContractError, StaleData, UnitMismatch
  PlanError      StalePlan, WorsePlan (the run-time law; our bug)
  ActionError    ActionsDisabled, ValidationFailed, MigrationFailed
  AccessError    TokenRefused, ScopeMissing

Each carries its facts as attributes and says one sentence that a Proxmox admin understands.
"No better placement" and "too little history" are results, not errors.
"""

from __future__ import annotations

from typing import Any


class ProxBalanceError(Exception):
    """Anything ProxBalance refuses or fails at; ``str()`` of it is one sentence for the user.

    Every keyword becomes an attribute, so that callers need not read the sentence.
    """

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)


class ConfigError(ProxBalanceError):
    """What the user configured can't be used."""


class SettingInvalid(ConfigError):
    """One or more settings are out of range, of the wrong type or unknown (``faults``: one line each)."""

    faults: tuple[str, ...] = ()


class SettingMissing(ConfigError):
    """Something that has no default was not given."""


class SourceError(ProxBalanceError):
    """A metric source did not give what was asked of it."""


class SourceUnavailable(SourceError):
    """The source did not answer; asking again later may help."""


class AuthenticationFailed(SourceError):
    """The source refused the credentials; asking again will not help."""


class PermissionMissing(SourceError):
    """The credentials are right but lack a privilege (``privilege``, ``path``)."""


class MalformedResponse(SourceError):
    """The source answered something that is not what its API promises."""


class StoreError(ProxBalanceError):
    """The database can't do what was asked."""


class SchemaVersionMismatch(StoreError):
    """The database was written by a newer ProxBalance."""


class SnapshotNotFound(StoreError):
    """There is no such snapshot or generation."""


class DatabaseDamaged(StoreError):
    """The database file is torn; it was set aside (``kept_as``) and nothing was overwritten."""


class DataError(ProxBalanceError):
    """Data that came in can't be used as it is."""


class SnapshotInvalid(DataError):
    """A snapshot document breaks its format (``path``: the key at fault)."""


class ChangeInvalid(DataError):
    """A what-if asks for a change that can't be."""


class FrameContractError(DataError):
    """A table lacks a column or has one of the wrong type."""


class StaleData(DataError):
    """The newest data are too old for what was asked."""


class NotEnoughHistory(DataError):
    """What was asked needs more of the past than there is."""


class UnitMismatch(DataError):
    """A value is in another unit than the one it claims."""


class PlanError(ProxBalanceError):
    """A plan can't be used."""


class StalePlan(PlanError):
    """The cluster is no longer what the plan was made for."""


class WorsePlan(PlanError):
    """A plan made the cluster worse than its duty moves alone do: a bug of ours, never shown as advice."""


class ActionError(ProxBalanceError):
    """Something that was to be done to the cluster was not done."""


class ActionsDisabled(ActionError):
    """Actions are switched off."""


class ValidationFailed(ActionError):
    """A check before a migration failed."""


class MigrationFailed(ActionError):
    """A migration was started and did not end well."""


class AccessError(ProxBalanceError):
    """Whoever asks the API may not."""


class TokenRefused(AccessError):
    """There is no token, it is none of ours, or it was revoked (``token``: its public part where it is one of ours)."""


class ScopeMissing(AccessError):
    """The token is right but lacks the ``scope`` that was needed."""


def shown(value: Any) -> str:
    """A value as an error shows it, cut short; some can't be written out at all."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__} that is too long to show"
    return text if len(text) <= 60 else text[:57] + "..."
