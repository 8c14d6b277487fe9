"""Node maintenance: pick the node, see what blocks it, send guests elsewhere or shut them down, take the script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from proxbalance_core.domain.drains import SHUT_DOWN
from proxbalance_core.errors import ChangeInvalid
from proxbalance_core.present import drain as present
from proxbalance_core.present import exports, plan_charts, schedule, what_if
from proxbalance_core.ui import cache, header, tables, theme
from proxbalance_core.ui.state import scope, workbench
from proxbalance_core.ui.what_if import notes, refused
from proxbalance_core.ui.what_if_changes import kept

if TYPE_CHECKING:
    from proxbalance_core.domain.drains import Blocker, Drain
    from proxbalance_core.services.workbench import Generation

NODES = "whatif_empty_nodes"
ROWS_PER_PAGE, CARDS_UP_TO = 16, 6
_CHOICES, _WANTED, _SWITCH = "whatif_empty_choices", "whatif_empty_regenerate", "whatif_empty_switch"
Choices = dict[int, str]


@st.fragment(key="whatif_drain")
def drain(generation: Generation) -> None:
    """The whole flow; every choice is answered at once."""
    if st.session_state.pop(_WANTED, False):
        header.with_progress(scope().cid, "Assessing with the changed maintenance")
        st.rerun(scope="app")
    nodes = _pick(generation)
    if not nodes:
        with st.container(border=True, key="whatif_empty_none"):
            st.text("Pick the node that goes into maintenance. Its plan appears here: waves, times, what blocks it.")
        return
    choices = _choices(generation, nodes)
    told, refusal = _answer(generation, nodes, choices)
    if refusal is not None:
        refused(refusal)
    if told is None:
        return
    _headline(told)
    _blockers(told)
    _waves(told)
    _guests(told, choices)
    _meanwhile(told)
    if scope().as_of is None and (told.plan.steps or told.shut_down):
        _script(told)


def _pick(generation: Generation) -> tuple[str, ...]:
    """The nodes to empty, in the URL, and the switch that makes all pages advise as if they were in maintenance."""
    online = [node.name for node in generation.snapshot.nodes if node.online]
    maintained = present.maintained(generation.snapshot)
    before = kept(NODES, online)
    with st.container(border=True, key="whatif_empty_pick"):
        nodes = st.multiselect(
            "Node to empty", online, key=NODES, default=list(maintained) if before is None else None,
            placeholder="Choose", bind="query-params", help="Several are emptied at once.",
        )  # fmt: skip
        if nodes and scope().as_of is None:
            st.session_state[_SWITCH] = set(nodes) <= set(maintained)
            st.toggle(
                "Maintenance, for the advice on all pages", key=_SWITCH, on_change=_switched, args=(tuple(nodes),),
                help="Switched on, all pages send nothing there and recommend a new place for every guest. "
                "The plan below doesn't need it. Nothing changes in Proxmox.",
            )  # fmt: skip
    return tuple(nodes)


def _switched(nodes: tuple[str, ...]) -> None:
    for node in nodes:
        workbench().set_maintenance(scope().cid, node, bool(st.session_state[_SWITCH]))
    st.session_state[_WANTED] = True


def _choices(generation: Generation, nodes: tuple[str, ...]) -> Choices:
    """What was chosen for guests that are still there, the latest last."""
    here = {guest.vmid for guest in generation.snapshot.guests if guest.node in nodes and not guest.template}
    known = {node.name for node in generation.snapshot.nodes} | {SHUT_DOWN}
    return _keep({v: choice for v, choice in _kept().items() if v in here and choice in known})


def _kept() -> Choices:
    """The choices for this cluster: another may have guests of the same numbers."""
    found: dict[str, Choices] = st.session_state.get(_CHOICES, {})
    return found.get(scope().cid, {})


def _keep(made: Choices) -> Choices:
    st.session_state[_CHOICES] = st.session_state.get(_CHOICES, {}) | {scope().cid: made}
    return made


def _choose(vmid: int, choice: str) -> None:
    others = {v: made for v, made in _kept().items() if v != vmid}
    _keep(others if choice == present.AS_PLANNED else others | {vmid: choice})


def _answer(
    generation: Generation, nodes: tuple[str, ...], choices: Choices
) -> tuple[Drain | None, ChangeInvalid | None]:
    """The plan, and what of the choices can't be: that one, the latest, is taken back."""
    refusal: ChangeInvalid | None = None
    while True:
        try:
            return cache.drain(generation, nodes, choices), refusal
        except ChangeInvalid as error:
            refusal = refusal or error
        if not choices:
            return None, refusal
        choices.popitem()


def _headline(told: Drain) -> None:
    colour, word = present.VERDICTS[told.possible]
    first, rest = what_if.headline(told.summary)
    icon = ":material/check_circle:" if told.possible else ":material/block:"
    with st.container(border=True, key="whatif_empty_answer", gap="xsmall"):
        st.badge(word, icon=icon, color=colour)
        theme.strong(first, "whatif-empty-first")
        if rest:
            st.text(rest)


def _blockers(told: Drain) -> None:
    for place, violation in enumerate(told.broken):
        theme.strong(violation.detail, f"whatif-empty-broken-{place}")
    if not told.blockers:
        return
    st.subheader("What blocks it, and the remedy", anchor=False)
    if len(told.blockers) > CARDS_UP_TO:
        tables.show(present.blockers(told), "Guests that can't leave, what blocks them and the remedy")
        return
    with st.grid(columns=2, min_column_width=420, gap="small"):
        for blocker in told.blockers:
            _blocker(blocker)


def _blocker(blocker: Blocker) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"whatif_empty_blocker_{blocker.vmid}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            theme.strong(present.blocker_label(blocker), f"whatif-empty-blocker-{blocker.vmid}")
            st.badge("Can't leave", icon=":material/block:", color="red")
        st.text(blocker.detail)
        theme.quiet(f"→ {blocker.remedy}", f"whatif-empty-remedy-{blocker.vmid}")
        if present.may_be_shut_down(blocker):
            st.button(
                "Shut it down for the maintenance", key=f"whatif_empty_off_{blocker.vmid}",
                icon=":material/power_settings_new:", on_click=_choose, args=(blocker.vmid, SHUT_DOWN),
            )  # fmt: skip


def _waves(told: Drain) -> None:
    if not told.plan.steps:
        return
    table = schedule.timetable(told.plan, present.labels(told))
    st.subheader("The moves, wave by wave", anchor=False)
    st.markdown(f"**{table.finding}**")
    st.altair_chart(plan_charts.waves(table))


def _guests(told: Drain, choices: Choices) -> None:
    rows = present.rows(told, choices)
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Where each guest goes", anchor=False, width="content")
        if choices:
            st.button(
                "All as planned", key="whatif_empty_reset", icon=":material/undo:", type="tertiary", on_click=_forget
            )
    st.caption("Choose another node for a guest, or shut it down: the rest is planned around it at once.")
    pages = -(-len(rows) // ROWS_PER_PAGE)
    first = (min(st.session_state.get("whatif_empty_page", 1), pages) - 1) * ROWS_PER_PAGE
    for row in rows[first : first + ROWS_PER_PAGE]:
        _guest(row, choices.get(row.vmid, present.AS_PLANNED))
    if pages > 1:
        st.pagination(pages, key="whatif_empty_page")


def _forget() -> None:
    _keep({})


def _guest(row: present.Row, chosen: str) -> None:
    with st.container(border=True, key=f"whatif_empty_guest_{row.vmid}"):
        who, where, why = st.columns([4, 3, 4], vertical_alignment="center", gap="small")
        with who, st.container(gap="xxsmall"):
            theme.strong(row.guest, f"whatif-empty-guest-{row.vmid}")
            theme.quiet(row.about, f"whatif-empty-about-{row.vmid}")
        with where:
            if row.options:
                key = f"whatif_empty_to_{row.vmid}"
                st.session_state[key] = chosen
                st.selectbox(
                    f"Guest {row.vmid} goes to", list(row.options), key=key, format_func=row.options.__getitem__,
                    label_visibility="collapsed", on_change=_chosen, args=(row.vmid, key),
                )  # fmt: skip
        with why:
            st.text(row.why)


def _chosen(vmid: int, key: str) -> None:
    _choose(vmid, st.session_state[key])


def _meanwhile(told: Drain) -> None:
    """How it is while the nodes are off."""
    if told.shut_down:
        st.subheader("Shut down meanwhile", anchor=False)
        tables.show(present.shut_down(told), "Guests that are shut down, and where they could run meanwhile")
    if told.nodes:
        st.subheader("The nodes that stay, then", anchor=False)
        tables.show(
            present.nodes(told), "Nodes that stay, today and then; those that change most first",
            shares=present.SHARES, figures=present.FIGURES,
        )  # fmt: skip
    notes(told.notes)


def _script(told: Drain) -> None:
    st.subheader("As a shell script", anchor=False)
    script = exports.drain_script(told, scope().zone)
    st.code(script, language="bash", height=260)
    st.download_button(
        "Download script", script, file_name="proxbalance-maintenance.sh",
        mime="text/x-shellscript", key="whatif_empty_script", icon=":material/terminal:", on_click="ignore",
    )  # fmt: skip
