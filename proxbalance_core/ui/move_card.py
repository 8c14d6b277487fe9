"""The card of one recommendation, with its details on demand."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal

import streamlit as st

from proxbalance_core.domain.feedback import Feedback
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.present import details, marks, patterns, words
from proxbalance_core.present.advice import Card
from proxbalance_core.present.proxmox_links import guest_page
from proxbalance_core.services.narrating import of_move
from proxbalance_core.ui import ai_text, cache, checks, header, landing, tables, theme, thumbs
from proxbalance_core.ui.state import now, scope, workbench

DETAILS = {
    "score": "Score breakdown",
    "others": "Alternatives",
    "sure": "Confidence and risk",
    "week": "Its week",
    "commands": "Commands",
    "check": "Check now",
    "mute": "Mute",
}
WEEK_DAYS = 28
# What changes something, asks the cluster, would be run on it, or is of the time up to now.
ONLY_NOW = ("week", "commands", "check", "mute")
_RISK_COLOURS: dict[str, Literal["green", "blue", "orange", "red"]] = {
    "low": "green",
    "moderate": "blue",
    "high": "orange",
    "very_high": "red",
}


def draw(card: Card, said: Feedback | None = None, *, linked: bool = False) -> None:
    """One card: who, from and to, what it gains, how sure, how risky, why, and details on demand.

    ``said`` is what the user thinks of it. A link may have led to it (``linked``): it is scrolled to.
    """
    move = card.move
    with st.container(border=True, key=f"rec_card_{move.id}", gap="small"):
        who, way, gains, sure = st.columns([6, 7, 6, 4], gap="medium", vertical_alignment="top")
        with who, st.container(gap="xsmall"):
            theme.strong(card.guest, f"rec-{move.id}")
            with st.container(horizontal=True, gap="xsmall"):
                st.badge(card.kind, color="gray")
                for mark in card.marks:
                    st.badge(mark, color="red" if mark == "Conflict" else "blue")
            theme.outside(guest_page(scope().web, move.type, move.vmid), f"rec-{move.id}")
        with way, st.container(gap="xsmall"):
            _way(card)
        with gains, st.container(gap="xsmall"):
            st.markdown(f"**{words.signed(move.score_improvement)} points** · {card.gain_word}")
            says = f"Gains {words.number(move.score_improvement)} of a full bar of 80 points, {card.gain_word}"
            st.html(marks.meter(card.gain_share_pct, marks.BLUE, says))
            theme.quiet(card.effort, f"effort-{move.id}")
        with sure, st.container(gap="xsmall"):
            st.html(marks.dots(move.confidence_score, f"Confidence {move.confidence_score:.0f} of 100"))
            theme.quiet(f"{move.confidence_score:.0f} % confident", f"sure-{move.id}")
            st.badge(card.risk_word, color=_RISK_COLOURS[move.risk_level], icon=":material/shield:")
        st.text(move.reason.summary)
        if move.best_window:
            when = words.window(move.best_window, scope().zone)
            theme.quiet(f"Best time to move: {when}, the quietest of the coming day", f"window-{move.id}")
        _details(card)
        if scope().as_of is None:
            thumbs.draw(move, said)
            _in_words(card)
        if linked:
            landing.mark()


def _in_words(card: Card) -> None:
    """The same facts as a text, where someone is named to write it."""
    generation = cache.latest(scope().cid) if ai_text.offered() else None
    if generation is not None:
        told = cache.assessment(generation)
        ai_text.button(told, of_move(told, card.move), f"rec_{card.move.id}")


def _way(card: Card) -> None:
    move = card.move
    theme.strong(f"{move.source}  →  {move.target}", f"way-{move.id}")
    st.html(marks.loads(card.loads))


def _details(card: Card) -> None:
    key = f"rec_details_{card.move.id}"
    offered = [name for name in DETAILS if scope().as_of is None or name not in ONLY_NOW]
    chosen = st.pills("Details", offered, key=key, format_func=DETAILS.__getitem__, label_visibility="collapsed")
    if chosen == "score":
        _score(card)
    elif chosen == "others":
        if not card.move.alternatives:
            st.caption("The other nodes are kept for 48 hours.")
        tables.show(details.alternatives(card.move), "Other nodes for this guest", points=("score", "gain", "relief"))
    elif chosen == "sure":
        _sure(card)
    elif chosen == "week":
        _week(card)
    elif chosen == "commands":
        for command in card.move.commands:
            st.code(command, language=None, wrap_lines=True)
        st.caption("Run it on the guest's node, or use the whole plan as a script under “Plan”.")
    elif chosen == "check":
        checks.draw(card.move)
    elif chosen == "mute":
        mute(card.move.vmid, f"rec_{card.move.id}")


def _score(card: Card) -> None:
    move, sides = card.move, card.move.score_details
    tables.show(details.breakdown_frame(move), "Both nodes' scores, row by row", points=("from", "to"))
    gain, least = words.number(move.score_improvement, 2), words.number(sides.minimum, 0)
    enough = move.score_improvement >= sides.minimum
    st.text(
        f"Suitability {words.number(sides.source.suitability)} on the source, {words.number(sides.target.suitability)}"
        f" on the target. Improvement {gain} points, minimum {least}"
        + (" – met." if enough else " – not met by the score alone; the move counts by what it relieves.")
    )
    theme.quiet(
        f"It relieves the cluster by {words.number(move.strain_relief)} points over the coming day"
        f" ({words.number(move.strain_relief_now)} now).",
        f"relief-{move.id}",
    )


def _week(card: Card) -> None:
    """When the guest is busy, by hour and weekday, and when to move it."""
    generation = cache.latest(scope().cid)
    if generation is None:
        return
    try:
        found = cache.patterns(generation, WEEK_DAYS)
        values = cache.heatmap(generation, f"guest/{card.move.vmid}", "cpu", "mean", WEEK_DAYS)
    except NotEnoughHistory as error:
        st.text(error.message)
        return
    pattern = next((one for one in found.guests if one.entity == f"guest/{card.move.vmid}"), None)
    if pattern is not None:
        st.text(f"CPU: {patterns.sentence(pattern)}")
    chart = patterns.heatmap(values, f"CPU of {card.guest}", "mean", found.timezone)
    st.altair_chart(chart)
    st.caption(f"The last {WEEK_DAYS} days, in {words.safe(found.timezone)}.")


def _sure(card: Card) -> None:
    st.markdown(f"**Confidence {card.move.confidence_score:.0f} of 100**")
    tables.show(details.factors(card.move.confidence_factors), "Parts of the confidence", points=("points",))
    st.markdown(f"**Risk {card.move.risk_score:.0f} of 100 – lower is safer**")
    tables.show(details.factors(card.move.risk_factors), "Parts of the risk", points=("points",))


def mute(vmid: int, key: str) -> None:
    """Leave a guest out of the advice until a date."""
    cid, zone = scope().cid, scope().zone
    with st.container(horizontal=True, vertical_alignment="bottom"):
        today = now().astimezone(zone).date()
        until = st.date_input(
            "Mute until",
            value=today + timedelta(days=7),
            min_value=today + timedelta(days=1),
            key=f"{key}_until",
            width=170,
        )
        if st.button("Mute this guest", key=f"{key}_mute", icon=":material/notifications_off:"):
            workbench().mute(cid, vmid, datetime.combine(until, time.min, tzinfo=zone))
            header.with_progress(cid, "Assessing without the muted guest")
            st.rerun(scope="app")
    st.caption("No move is recommended for it until then. It can be unmuted under “Not recommended”.")
