"""The app's documents cut down to what an automation or a voice assistant can use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]
OPTIONS_MOST = 10


def move(told: Document) -> dict[str, Any]:
    """One recommendation in brief."""
    return {
        "vmid": told["vmid"],
        "name": told["name"],
        "type": told["type"],
        "source": told["source"],
        "target": told["target"],
        "gain": told["score_improvement"],
        "confidence": told["confidence_score"],
        "risk": told["risk_level"],
        "reason": told["reason"]["summary"],
        "estimated_seconds": told["estimated_seconds"],
        "best_window": told["best_window"],
    }


def explained(options: Document, recommended: Document | None) -> dict[str, Any]:
    """Why a guest should move or stay, with every node's gain."""
    answer: dict[str, Any] = {
        "vmid": options["vmid"],
        "name": options["name"],
        "node": options["node"],
        "recommended": recommended is not None,
        "decision": options["decision"],
        "detail": options["detail"],
        "nodes": [_option(one) for one in options["alternatives"]],
    }
    if recommended is not None:
        answer["recommendation"] = move(recommended)
        answer["factors"] = [one["label"] for one in recommended["reason"]["contributing_factors"]]
        answer["confidence_factors"] = [one["detail"] for one in recommended["confidence_factors"]]
        answer["risk_factors"] = [one["detail"] for one in recommended["risk_factors"]]
    return answer


def _option(told: Document) -> dict[str, Any]:
    return {"node": told["target"], "gain": told["score_improvement"], "ruled_out": told["ruled_out"]}


def placed(told: Document) -> dict[str, Any]:
    """Where a new guest is best put; the first nodes with what they are worth."""
    return {
        "node": told["best"],
        "summary": told["summary"],
        "nodes": [dict(one) for one in told["nodes"][:OPTIONS_MOST]],
    }


def simulated(told: Document) -> dict[str, Any]:
    """What other settings would change: moves that come, go or have another target, and both sides' counts."""
    return {key: told[key] for key in ("current", "proposed", "added", "removed", "changed", "node_deltas")}


def drained(told: Document) -> dict[str, Any]:
    """How nodes are emptied, step by step, and what is in the way."""
    plan = told["plan"]
    return {
        "nodes": told["emptied"],
        "possible": told["possible"],
        "summary": told["summary"],
        "steps": [
            {key: step[key] for key in ("step", "wave", "vmid", "source", "target", "estimated_seconds")}
            for step in plan["steps"]
        ],
        "estimated_seconds": plan["estimated_seconds"],
        "blockers": [dict(one) for one in told["blockers"]],
        "script": plan["shell"],
    }
