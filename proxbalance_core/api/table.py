"""The route table: every path of ``/api/v1``. A new one is a row here and a handler beside its kin."""

from __future__ import annotations

from typing import Any

from proxbalance_core.api import advice, changing, outlets, overview, past, trials
from proxbalance_core.api import answers as a
from proxbalance_core.api import bodies as b
from proxbalance_core.api import queries as q
from proxbalance_core.api.endpoint import Endpoint
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.drains import Drain
from proxbalance_core.domain.failover import NMinusOne
from proxbalance_core.domain.feedback import Feedback
from proxbalance_core.domain.forecasts import ForecastAccuracy
from proxbalance_core.domain.patterns import Patterns
from proxbalance_core.domain.plans import Assessment, Simulation
from proxbalance_core.domain.quantities import Reading
from proxbalance_core.domain.reports import Report
from proxbalance_core.domain.results import GuestOptions, NodeScore, Recommendation, Skip
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.suggestions import Suggestions
from proxbalance_core.domain.validation import Validation
from proxbalance_core.domain.whatif import Placing, WhatIf
from proxbalance_core.services.changes import Changes
from proxbalance_core.services.timeline import ScoreHistory


def _get(path: str, handler: Any, answer: Any, summary: str, **more: Any) -> Endpoint:
    return Endpoint(method="GET", path=path, handler=handler, answer=answer, summary=summary, **more)


def _ask(path: str, handler: Any, answer: Any, summary: str, **more: Any) -> Endpoint:
    """A question that needs a body: it changes nothing, so who may read may ask it."""
    return Endpoint(
        method="POST", path=path, handler=handler, answer=answer, summary=summary, **{"lane": "think", **more}
    )


def _write(method: str, path: str, handler: Any, answer: Any, summary: str, **more: Any) -> Endpoint:
    return Endpoint(
        method=method, path=path, handler=handler, answer=answer, summary=summary, scope="write",
        **{"body": b.NoBody, **more},
    )  # fmt: skip


STATE = (
    _get("/health", overview.health, a.Health, "Whether the app works; needs no token.",
         scope=None, query=q.OfNothing),
    _get("/info", overview.about, a.About, "Versions, clusters with the age of their figures, and what the token may.",
         query=q.OfNothing),
    _get("/snapshot", advice.snapshot, ClusterSnapshot, "The cluster as the newest assessment saw it.",
         query=q.OfGeneration, kept=True, refusals=(404,)),
    _get("/assessment", advice.assessment, Assessment, "Everything that the engine says.",
         query=q.OfGeneration, kept=True, refusals=(404,)),
    _get("/nodes", advice.nodes, a.Listed[NodeScore], "Every node with its score, row by row.",
         query=q.Paged, kept=True),
    _get("/nodes/{name}", advice.node, a.NodeDetail, "One node, what the plan makes of it, what is said about it.",
         kept=True, refusals=(404,)),
    _get("/guests/{vmid:int}/options", advice.options, GuestOptions, "Every node for one guest.",
         kept=True, lane="think", refusals=(404,)),
    _get("/quantities", outlets.quantities, a.Listed[Reading], "Every figure of the registry with its present value.",
         query=q.Paged),
    _get("/patterns", advice.patterns, Patterns, "How nodes and guests go by hour and weekday.",
         query=q.OfPatterns, kept=True, lane="think"),
    _get("/forecasts", past.forecasts, ForecastAccuracy, "How past forecasts did, beside simple ones.",
         query=q.OfPatterns, kept=True, lane="think"),
    _get("/score-history", past.score_history, ScoreHistory, "How scores went, in marks.", query=q.OfScores),
    _get("/score-history/export", outlets.scores, a.Listed[a.ScoreAt],
         "Scores as a file: every node at every assessment, from a time to a time.", query=q.OfScoreFile,
         media=("application/json", outlets.CSV)),
    _get("/outcomes", past.outcomes, a.OutcomesPage, "Migrations, and what they brought against what was predicted.",
         query=q.OfOutcomes),
    _get("/success", past.success, a.SuccessDocument, "How well the advice did, each figure with its target.",
         query=q.OfSuccess, lane="think"),
    _get("/report", past.report, Report, "The report of a month.", query=q.OfReport, lane="think",
         media=("application/json", "text/html", "application/pdf"), refusals=(404,)),
    _get("/migrations/export", past.migrations, a.Listed[a.OutcomeRow],
         "Migrations as a file, from a time to a time.", query=q.OfMigrations, media=("application/json", outlets.CSV)),
    _get("/events", outlets.events, a.EventsPage, "What happened, oldest first.", query=q.OfEvents),
)  # fmt: skip
ADVICE = (
    _get("/recommendations", advice.recommendations, a.Listed[Recommendation], "Recommendations, filtered and sorted.",
         query=q.OfRecommendations, kept=True),
    _get("/recommendations/skipped", advice.skipped, a.SkippedPage, "Guests that stay, each with its reason.",
         query=q.OfSkipped, kept=True),
    _get("/recommendations/skipped/export", outlets.skipped, a.Listed[Skip], "Guests that stay, as a file.",
         query=q.OfFile, media=("application/json", outlets.CSV)),
    _get("/recommendations/preview", advice.preview, a.Preview, "The cluster before and after the plan.", kept=True),
    _get("/recommendations/changes", advice.changes, Changes, "What is recommended otherwise than last time.",
         kept=True),
    _get("/recommendations/history", advice.history, a.Listed[a.GenerationRow], "Runs of the engine, newest first.",
         query=q.OfHistory, kept=True),
    _get("/recommendations/diagnostics", advice.diagnostics, a.RunDiagnostics, "Whether all behind the advice is well.",
         lane="ask"),
    _get("/recommendations/threshold-suggestions", advice.suggestions, Suggestions,
         "Thresholds that would fit the cluster better, each with what it would change.", kept=True, lane="think"),
    _get("/recommendations/export", outlets.export, a.Listed[a.ExportedRun],
         "Recommendations as a file: the newest, or all from a time to a time.", query=q.OfExport,
         media=("application/json", outlets.CSV)),
)  # fmt: skip
FEEDBACK = (
    _get("/recommendations/feedback", past.feedback_report, a.FeedbackDocument,
         "What was said of recommendations, and what it has in common."),
    _write("POST", "/recommendations/feedback", past.feedback_of_guest, Feedback,
           "Say whether the recommendation of a guest helps.", body=b.FeedbackOfGuest, refusals=(404,)),
    _write("POST", "/recommendations/{id}/feedback", past.feedback_of_one, Feedback,
           "The same of one recommendation, also one that no longer stands.", body=b.FeedbackBody, refusals=(404,)),
    _write("POST", "/guests/{vmid:int}/mute", past.mute, a.Wish, "Leave a guest out of the advice until a time.",
           body=b.MuteBody, refusals=(404,)),
    _write("POST", "/nodes/{name}/maintenance", past.maintenance, a.Wish,
           "Plan as if a node were in maintenance; Proxmox is told nothing.", body=b.MaintenanceBody, refusals=(404,)),
)  # fmt: skip
TRIALS = (
    _ask("/simulate", trials.simulate, Simulation, "What other settings would change.", body=b.Simulate),
    _ask("/whatif", trials.what_if, WhatIf, "The cluster after changes of nodes and guests.", body=b.WhatIfBody),
    _ask("/place", trials.place, Placing, "Every node for a new guest, the best first.", body=b.PlaceBody),
    _ask("/n-1", trials.n_minus_1, NMinusOne, "Each node lost in turn.", body=b.NoBody),
    _ask("/drain", trials.drain, Drain, "How nodes are emptied for maintenance.", body=b.DrainBody),
    _ask("/plan", trials.plan, a.PlanDocument, "The moves in waves, looked for anew.", body=b.PlanBody),
    _ask("/validate", trials.validate, Validation, "Whether a move may be made now: asks the cluster.",
         body=b.ValidateBody, lane="ask", refusals=(502,)),
)  # fmt: skip
WRITES = (
    _write("POST", "/generate", changing.generate, a.Generated, "Collect if need be, and assess anew.",
           lane="ask", refusals=(502,)),
    _write("POST", "/collect", changing.collect, a.Collected, "Read the cluster once, now.",
           lane="ask", refusals=(502,)),
    _get("/settings", changing.settings, Settings, "The settings in force."),
    _write("PUT", "/settings", changing.replace, a.SettingsChanged, "Put a document of settings in force.",
           body=b.Replace),
    _write("PATCH", "/settings", changing.merge, a.SettingsChanged, "Change some settings; the others stay.",
           body=b.Merge),
    _write("POST", "/settings/reset", changing.reset, a.SettingsChanged, "Every setting back to its default."),
    _get("/presets", changing.all_presets, a.Listed[a.Preset], "The presets: what they do, and their values.",
         query=q.Paged),
    _write("POST", "/presets/{name}", changing.use_preset, a.SettingsChanged,
           "Put a preset's values in force; all else stays.", refusals=(404,)),
)  # fmt: skip
TABLE: tuple[Endpoint, ...] = (*STATE, *ADVICE, *FEEDBACK, *TRIALS, *WRITES)
METRICS = Endpoint(
    method="GET", path="/metrics", handler=outlets.metrics, answer=str, scope="scrape", query=q.OfNothing,
    summary="Every figure of the registry, as Prometheus reads it.", media=("text/plain",),
)  # fmt: skip
