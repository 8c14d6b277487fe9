"""AI text: a button beside facts, the text apart from them and labelled; and who writes it, in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from proxbalance_core.domain.narration import Narration, Provider
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.errors import ConfigError
from proxbalance_core.present import narration as present
from proxbalance_core.services import narrating
from proxbalance_core.ui import theme
from proxbalance_core.ui.cards import Colour
from proxbalance_core.ui.state import scope, workbench

_STANCES: dict[str, Colour] = {"agrees": "green", "adds": "blue", "disagrees": "orange"}
_KINDS = {"openai": "OpenAI's (Ollama and many others too)", "anthropic": "Anthropic's"}


def offered() -> bool:
    """Whether the button is there: a provider is named, and the present is looked at."""
    return scope().as_of is None and narrating.provider(workbench()) is not None


def button(told: Assessment, facts: Mapping[str, Any], key: str) -> None:
    """Put ``facts`` in words when it is asked for; what came is shown until the page is left."""
    if not offered():
        return
    kept = f"ai_{key}"
    if st.button("Put it in words", key=f"{key}_ai", icon=":material/notes:", type="tertiary"):
        with st.spinner("Asking"):
            st.session_state[kept] = narrating.narrate(workbench(), facts, narrating.names_of(told))
    found = st.session_state.get(kept)
    if isinstance(found, Narration):
        _shown(found, key)


def _shown(found: Narration, key: str) -> None:
    with st.container(border=True, key=f"{key}_ai_text", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("AI text", color="violet", icon=":material/smart_toy:")
            if found.dropped is None:
                st.badge(present.STANCES[found.stance], color=_STANCES[found.stance])
        st.text(found.text if found.dropped is None else f"No text is shown. {found.dropped}")
        theme.quiet(present.label(found, scope().zone), f"{key}-ai-label")


def settings() -> None:
    """Who writes texts, what it may know, and how it has done."""
    bench = workbench()
    now = narrating.provider(bench)
    st.text(
        "A language model can put the advice in words. It is off until you name one. It is asked on a button alone, the"
        " engine never waits for it, and nothing it says changes any advice."
    )
    base = now or Provider()
    with st.form("settings_ai", border=True):
        left, right = st.columns(2)
        kind = left.radio(
            "Protocol", list(_KINDS), index=list(_KINDS).index(base.kind), key="settings_ai_kind",
            format_func=_KINDS.__getitem__,
        )  # fmt: skip
        url = right.text_input("Address", base.url, key="settings_ai_url", max_chars=500)
        model = left.text_input("Model", base.model, key="settings_ai_model", max_chars=100, placeholder="llama3.2")
        key = right.text_input(
            "Key", key="settings_ai_key", type="password", placeholder="Unchanged" if now else "None",
            help="It is kept with the secrets.",
        )  # fmt: skip
        timeout_s = left.number_input("Wait at most [s]", 1.0, 300.0, base.timeout_s, key="settings_ai_timeout")
        names = right.checkbox(
            "Send real names of nodes and guests", base.names, key="settings_ai_names",
            help="Otherwise each name is replaced by a stand-in, and put back into the text.",
        )  # fmt: skip
        price_in = left.number_input("Price of a million tokens in", 0.0, None, base.price_in, key="settings_ai_in")
        price_out = right.number_input(
            "Price of a million tokens out", 0.0, None, base.price_out, key="settings_ai_out"
        )
        saved = st.form_submit_button("Save", type="primary", icon=":material/save:")
    if saved:
        wanted = Provider(
            kind="anthropic" if kind == "anthropic" else "openai", url=url.strip(), model=model.strip(), names=names,
            timeout_s=float(timeout_s), price_in=price_in, price_out=price_out,
        )  # fmt: skip
        _save(wanted, key)
    if now is not None:
        st.button("Switch it off", key="settings_ai_off", on_click=narrating.choose, args=(bench, None))
        for i, line in enumerate(present.tally(narrating.tally(bench), scope().zone)):
            theme.quiet(line, f"ai-tally-{i}")


def _save(wanted: Provider, key: str) -> None:
    try:
        narrating.choose(workbench(), wanted, key or None)
    except ConfigError as error:
        st.error("It was not saved.", icon=":material/error:")
        st.text(error.message)
        return
    st.toast("Saved", icon=":material/check:")
    st.rerun()
