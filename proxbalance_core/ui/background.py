"""Work beside the page as it is seen: what it will be, how far it is, what it failed at; else its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from proxbalance_core.present import words
from proxbalance_core.services.jobs import JOBS, Job

Made = TypeVar("Made")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said while it runs, and once it was asked to stop; ``beside`` is a line below the button."""

    doing: str
    stopping: str = "Stopping"
    beside: str = ""


def result(prefix: str, key: Key, kind: type[Made], idle: str, told: Told) -> Made | None:
    """The result of a job; until there is one, what stands in its place is drawn, and it is None.

    Parameters
    ----------
    prefix : str
        Of the keys of what is drawn.
    key : tuple of str
        The job's.
    kind : type
        Of its result.
    idle : str
        What is said before it was begun; "" says nothing.
    """
    job = JOBS.get(key)
    if job is None:
        if idle:
            with st.container(border=True, key=f"{prefix}_none"):
                st.text(idle)
    elif job.running:
        st.fragment(_running, run_every=1.0, key=f"{prefix}_running")(prefix, key, told)
    elif job.error:
        with st.container(border=True, key=f"{prefix}_error"):
            st.badge("Not possible", icon=":material/block:", color="orange")
            st.text(job.error)
    elif isinstance(job.result, kind):
        return job.result
    return None


def busy(key: Key) -> bool:
    """Whether it runs."""
    job = JOBS.get(key)
    return job is not None and job.running


def _running(prefix: str, key: Key, told: Told) -> None:
    """How far it is; when it is done the whole page is drawn anew."""
    job = JOBS.get(key)
    if job is None or not job.running:
        st.rerun(scope="app")
        return
    st.progress(min(job.share, 1.0), text=_line(job, told))
    st.button(
        "Stop", key=f"{prefix}_stop", icon=":material/stop:", on_click=JOBS.stop, args=(key,), disabled=job.stopping
    )
    if told.beside:
        st.caption(told.beside)


def _line(job: Job, told: Told) -> str:
    left = job.seconds_left(JOBS.now())
    text = told.stopping if job.stopping else told.doing
    return f"{text}: {job.share:.0%}" + (f", about {words.duration(left)} left" if left else "")
