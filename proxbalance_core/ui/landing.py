"""Coming to one recommendation by its link: its page is turned to, its card opened and scrolled to."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from proxbalance_core.present import advice
from proxbalance_core.present.advice import Card
from proxbalance_core.ui.theme import ASSETS

LINK = "rec_move"
_LANDED = "rec_landed"
_VISITS = "rec_visits"
_scroll = st.components.v2.component("proxbalance_scroll_to_card", js=(ASSETS / "scroll_to_card.js").read_text("utf-8"))


def turn_to(found: Sequence[Card], length: int) -> tuple[str | None, int]:
    """The id of the recommendation that a link names, and the page to show: on arrival its own, its score opened."""
    wanted, shown = st.query_params.get(LINK), int(st.session_state.get("rec_page", 1))
    if wanted is None or st.session_state.get(_LANDED) == wanted:
        return wanted, shown
    st.session_state[_LANDED] = wanted
    st.session_state[_VISITS] = st.session_state.get(_VISITS, 0) + 1
    page = advice.page_with(found, wanted, length)
    if page is None:
        return wanted, shown
    if page > 1:
        # Not through the session: the page numbers are drawn below the cards, and read the URL then.
        st.query_params["rec_page"] = str(page)
    st.session_state[f"rec_details_{wanted}"] = "score"
    return wanted, page


def leave() -> None:
    """Forget where the last link led: the same one leads there again."""
    st.session_state.pop(_LANDED, None)


def gone(cards: Sequence[Card], wanted: str | None) -> None:
    """Say so when the link is older than the assessment."""
    if wanted is not None and all(card.move.id != wanted for card in cards):
        st.info("The recommendation that you came for is no longer made.", icon=":material/info:")


def mark() -> None:
    """Scroll to the card that this is drawn in, once for each visit."""
    _scroll(key="rec_scroll", data={"visit": st.session_state.get(_VISITS, 0)}, height=1)
