"""Names that would be markup, a link, a formula or an icon are text on every page."""

from __future__ import annotations

import pytest

from proxbalance_core.ui import registry
from tests.app.conftest import imported, marked, opened, texts
from tests.app.sample import HOSTILE, document

VIEWS = [
    ("overview", {}),
    ("recommendations", {}),
    ("recommendations", {"rec_view": "Not recommended"}),
    ("recommendations", {"rec_view": "Plan"}),
    ("cluster_map", {}),
    ("cluster_map", {"map_group": "Tag", "map_find": "x"}),
    ("compare", {}),
    ("compare", {"compare_view": "Two nodes"}),
    ("diagnostics", {}),
    ("settings", {}),
    ("settings", {"settings_view": "How scoring works"}),
    ("upload", {}),
]


@pytest.mark.parametrize(("key", "query"), VIEWS)
def test_no_name_reaches_markdown_or_html(key: str, query: dict[str, str], hostile: str) -> None:
    app = opened(key, cluster=hostile, **query)
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []
    labels = "\n".join(button.label for button in app.button)
    for name in HOSTILE:
        assert name not in marked(app)
        assert name not in labels
    for part in app.get("html"):
        assert "onerror" not in str(part.proto.body)


def test_names_are_shown_as_they_are(hostile: str) -> None:
    app = opened("recommendations", cluster=hostile)
    shown = " ".join(texts(app))
    assert sum(name in shown for name in HOSTILE) >= 2


def test_a_cluster_with_a_hostile_name_can_be_chosen(folder: object) -> None:
    title = imported(document(HOSTILE[0]))
    for spec in registry.PAGES:
        app = opened(spec.key, cluster=title)
        assert [found.message for found in app.exception] == []
        assert HOSTILE[0] not in marked(app)
