"""An app to ask: a real server on loopback that gives recorded answers, and whatever a test puts in their place."""

from __future__ import annotations

import asyncio
import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

ANSWERS = Path(__file__).parent / "answers"
TOKEN = "pxb_test_token"
PATHS = {
    "GET info": "info", "GET quantities": "quantities", "GET recommendations": "recommendations",
    "GET recommendations/skipped": "skipped", "GET events": "events", "GET guests/101/options": "options",
    "POST place": "place", "POST simulate": "simulate", "POST drain": "drain", "POST generate": "generate",
    "POST collect": "collect", "POST guests/101/mute": "mute",
}  # fmt: skip


def recorded(name: str) -> Any:
    """One of the recorded answers."""
    return json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))


@dataclass
class Asked:
    """One request that came."""

    what: str
    query: dict[str, str]
    body: Any
    token: str | None


@dataclass
class App:
    """Answers by method and path; ``failing`` is a status and a document, ``raw`` text in place of JSON."""

    answers: dict[str, Any] = field(default_factory=lambda: {what: recorded(name) for what, name in PATHS.items()})
    asked: list[Asked] = field(default_factory=list)
    failing: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    token: str = TOKEN
    silent: bool = False
    base: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        self.answers["GET events"]["items"] = []

    @property
    def info(self) -> Any:
        return self.answers["GET info"]

    @property
    def cluster(self) -> Any:
        return self.info["clusters"][0]

    def figure(self, key: str, value: float | None, node: str | None = None) -> None:
        """Put a value in the place of a recorded one."""
        rows = self.answers["GET quantities"]["items"]
        found = [row for row in rows if row["key"] == key and row["node"] == node]
        assert found, key
        found[0]["value"] = value

    def without(self, node: str) -> None:
        """Take a node out of the cluster."""
        listed = self.answers["GET quantities"]
        listed["items"] = [row for row in listed["items"] if row["node"] != node]
        listed["filtered_count"] = listed["total_count"] = len(listed["items"])

    def new_generation(self) -> None:
        """There is another assessment."""
        self.cluster["last_generation"] += 1

    def happens(self, event: str, **payload: Any) -> None:
        """Something happened."""
        events = self.answers["GET events"]["items"]
        number = len(events) + 10
        events.append({"id": number, "at": "2026-11-27T10:00:00Z", "event": event, "payload": payload})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        what = f"{request.method} {request.path.removeprefix(self.base).removeprefix('/api/v1/')}"
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or None
        body = await request.json() if request.can_read_body else None
        self.asked.append(Asked(what=what, query=dict(request.query), body=body, token=token))
        if self.silent:
            await asyncio.sleep(30)
        if what in self.raw:
            return web.Response(text=self.raw[what], content_type="application/json")
        if token != self.token:
            return _problem(401, "This token is not known, or was revoked.")
        if what in self.failing:
            status, told = self.failing[what]
            return web.json_response(told, status=status, content_type="application/problem+json")
        if what not in self.answers:
            return _problem(404, "There is no such path.")
        return web.json_response(self._part(what, request))

    def _part(self, what: str, request: web.Request) -> Any:
        answer = copy.deepcopy(self.answers[what])
        if what == "GET events":
            after = int(request.query["after"])
            answer["items"] = [one for one in answer["items"] if one["id"] > after]
            answer["next_after"] = answer["items"][-1]["id"] if answer["items"] else after
        elif "offset" in request.query:
            start, most = int(request.query["offset"]), int(request.query["limit"])
            answer["items"] = answer["items"][start : start + most]
        return answer


def _problem(status: int, detail: str) -> web.Response:
    told = {"type": "about:blank", "title": "Refused", "status": status, "detail": detail, "field": None}
    return web.json_response(told, status=status, content_type="application/problem+json")
