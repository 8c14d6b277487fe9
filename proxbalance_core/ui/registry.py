"""Every page of the app, once: navigation, links and tests read this."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGES_FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """One page: ``path`` is absolute, ``key`` is its URL and the prefix of its widgets' keys."""

    key: str
    title: str
    icon: str
    path: Path
    group: str
    visible: bool = True


def _page(key: str, title: str, icon: str, group: str) -> PageSpec:
    return PageSpec(key=key, title=title, icon=f":material/{icon}:", path=PAGES_FOLDER / f"{key}.py", group=group)


PAGES: tuple[PageSpec, ...] = (
    _page("overview", "Overview", "monitoring", "Cluster"),
    _page("recommendations", "Recommendations", "swap_horiz", "Cluster"),
    _page("cluster_map", "Cluster map", "hub", "Cluster"),
    _page("compare", "Compare", "compare_arrows", "Cluster"),
    _page("what_if", "What-if", "alt_route", "Cluster"),
    _page("tuning", "Tuning", "tune", "Cluster"),
    _page("backtest", "Backtest", "replay", "Cluster"),
    _page("history", "History", "timeline", "Cluster"),
    _page("patterns", "Patterns", "grid_on", "Cluster"),
    _page("diagnostics", "Diagnostics", "troubleshoot", "System"),
    _page("upload", "Open a file", "upload_file", "System"),
    _page("settings", "Settings", "settings", "System"),
)


def page(key: str) -> PageSpec:
    """The page called ``key``."""
    return next(spec for spec in PAGES if spec.key == key)
