"""What may stand in a query: checked, and an unknown key is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from proxbalance_core.domain.results import Kind

MOST_ROWS = 500
RISKS: tuple[str, ...] = ("low", "moderate", "high", "very_high")
Level = Literal["low", "moderate", "high", "very_high"]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Moment = Annotated[AwareDatetime, Field(description="ISO 8601 with its zone, such as 2026-02-08T10:30:00Z")]


class Query(BaseModel):
    """No key of a query is passed over in silence."""

    model_config = ConfigDict(extra="forbid")


class OfNothing(Query):
    """There is nothing to choose."""


class OfCluster(Query):
    """Which cluster."""

    cluster: str | None = Field(None, description="Id or title; not needed while there is only one.", max_length=200)


class OfGeneration(OfCluster):
    """Which assessment."""

    generation: int | None = Field(None, ge=1, le=2**53, description="An earlier one; without it the newest.")


class Paged(OfCluster):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=MOST_ROWS, description="Most items in the answer.")
    offset: int = Field(0, ge=0, le=10**9, description="How many items to pass over.")


class OfRecommendations(Paged):
    """Which recommendations, in which order."""

    filter: Literal["urgent"] | None = Field(None, description="Urgent ones: evacuations, and gains of 40 and more.")
    min_confidence: Percent | None = Field(None, description="At least so sure (0-100).")
    max_risk: Level | Percent | None = Field(None, description="At most so risky: a level, or a score (0-100).")
    source_node: str | None = Field(None, max_length=200)
    target_node: str | None = Field(None, max_length=200)
    type: Kind | None = Field(None, description="The kind of recommendation.")
    sort: Literal["plan", "gain", "confidence", "risk", "guest"] = Field(
        "plan", description="By the plan's order, largest gain, most certain, least risk, or vmid."
    )
    order: Literal["asc", "desc"] | None = Field(
        None, description="By the figure: gain and confidence are desc by default, the others asc."
    )


class OfSkipped(Paged):
    """Which guests that stay."""

    reason: str | None = Field(None, max_length=100, description="One of the skip reasons.")


class OfHistory(Paged):
    """Which generations."""

    since: Moment | None = None
    until: Moment | None = None


class OfFile(Query):
    """As what kind of file."""

    cluster: str | None = Field(None, max_length=200)
    format: Literal["csv", "json"] = "json"


class OfSpan(OfFile):
    """A file of a stretch of time. A CSV is sent while it is made, and has all of it unless a limit is asked for."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, serialize_by_alias=True)

    since: AwareDatetime | None = Field(None, alias="from", description="From this time on; without it from the first.")
    until: AwareDatetime | None = Field(None, alias="to", description="Until this time; without it until the newest.")
    offset: int = Field(0, ge=0, le=10**9)

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        return self.since, self.until


class OfExport(OfSpan):
    """Which recommendations, as what; without a time those that stand now."""

    limit: int | None = Field(None, ge=1, le=3000, description="Most assessments, the newest first; of JSON 100.")

    @property
    def newest_alone(self) -> bool:
        return self.since is None and self.until is None


class OfScoreFile(OfSpan):
    """Which scores, as what, oldest first."""

    node: str | None = Field(None, max_length=200, description="One node alone.")
    limit: int | None = Field(None, ge=1, le=100_000, description="Most rows; of JSON 1,000.")


class OfMigrations(OfSpan):
    """Which migrations, as what."""

    limit: int | None = Field(None, ge=1, le=10_000, description="Most migrations, the newest first; of JSON 1,000.")


class OfPatterns(OfCluster):
    """Which part of the past."""

    days: int = Field(28, ge=3, le=90, description="How far back to look.")


class OfScores(OfCluster):
    """Which part of the history of scores, in how fine steps."""

    hours: float = Field(24.0, gt=0, le=17_568, allow_inf_nan=False, description="How far back, at most two years.")
    node: str | None = Field(None, max_length=200, description="One node alone.")
    bucket: int = Field(500, ge=1, le=5000, description="At most so many marks, means over time.")


class OfOutcomes(Paged):
    """Which migrations."""

    since: Moment | None = None
    until: Moment | None = None


class OfSuccess(OfCluster):
    """Over which time."""

    days: int = Field(30, ge=1, le=365, description="The last so many days.")


class OfReport(OfCluster):
    """Which month, as what."""

    month: str | None = Field(None, pattern=r"^\d{4}-\d{2}$", description="Like 2026-02; else the last whole one.")
    format: Literal["json", "html", "pdf"] = "json"


class OfEvents(OfCluster):
    """Which events."""

    since: Moment | None = None
    after: int = Field(0, ge=0, le=2**53, description="Events past this id: the answer's next_after.")
    limit: int = Field(100, ge=1, le=1000, description="Most items in the answer.")
