"""What may stand in a body: strict JSON, and an unknown key is refused with its path."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from proxbalance_core.domain.changes import Change, NewGuest
from proxbalance_core.domain.feedback import NOTE_MOST, Objection, Rating
from proxbalance_core.domain.results import Mode

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
MOST_CHANGES, MOST_NEW_GUESTS = 200, 2000
Wished = Annotated[dict[str, Any], Field(description="Settings that differ from those in force, key by key.")]


class Body(BaseModel):
    """Strict, and nothing in it is passed over in silence."""

    model_config = STRICT


class NoBody(Body):
    """There is nothing to say."""


class Simulate(Body):
    """Other settings to try."""

    settings: Wished


class Replace(BaseModel):
    """All settings: what is left out gets its default."""

    model_config = ConfigDict(extra="allow")


class Merge(BaseModel):
    """Some settings: what is left out stays."""

    model_config = ConfigDict(extra="allow")


class WhatIfBody(Body):
    """Changes of nodes and guests, all at once."""

    changes: tuple[Annotated[Change, Field(discriminator="kind")], ...] = Field(min_length=1, max_length=MOST_CHANGES)


class PlaceBody(Body):
    """A guest that is yet to be made."""

    guest: NewGuest


class FeedbackBody(Body):
    """Whether a recommendation helps; ``objection`` says why not."""

    rating: Rating
    objection: Objection | None = None
    note: str = Field("", max_length=NOTE_MOST)


class FeedbackOfGuest(FeedbackBody):
    """The same of the recommendation that stands for a guest."""

    vmid: int = Field(ge=0, le=2**53)


class MuteBody(Body):
    """Until when a guest is left out of the advice; null lifts it."""

    until: Annotated[AwareDatetime, Field(strict=False)] | None


class MaintenanceBody(Body):
    """Whether to plan as if the node were in maintenance; nothing is changed in Proxmox."""

    on: bool


class DrainBody(Body):
    """Nodes to empty; ``choices`` says of guests, by vmid, where they go, or "shut down"."""

    nodes: tuple[str, ...] = Field(min_length=1, max_length=MOST_CHANGES)
    choices: dict[str, str] = Field(default_factory=dict, max_length=10_000)


class PlanBody(Body):
    """How to plan: the mode, at most so many moves, other settings; nothing of it is kept."""

    mode: Mode = "sequential"
    max_moves: int | None = Field(None, ge=0, le=10_000)
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings that differ from those in force.")


class ValidateBody(Body):
    """A move to check; without a target the one that is recommended."""

    vmid: int = Field(ge=0, le=2**53)
    target: str | None = Field(None, max_length=200)


PresetName = Literal["conservative", "balanced", "aggressive"]
