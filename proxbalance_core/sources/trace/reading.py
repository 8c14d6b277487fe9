"""A table of measurements, checked and brought to our units."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from proxbalance_core.domain.observed import Inventory, Samples
from proxbalance_core.errors import FrameContractError
from proxbalance_core.sources.trace import columns as known
from proxbalance_core.sources.trace.columns import FIELDS, TEXTS
from proxbalance_core.sources.trace.entities import guests_of, nodes_of, samples_of

MOST_ROWS = 5_000_000
_FIRST_ROW = 2
_LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a table says: an inventory at its end, all samples, and what had to be assumed (``notes``)."""

    inventory: Inventory
    samples: Samples
    rows: int
    notes: tuple[str, ...]


def read_table(name: str, content: bytes) -> pd.DataFrame:
    """The table in a CSV or Parquet file.

    Raises
    ------
    FrameContractError
        When it is neither, or empty.
    """
    try:
        if name.lower().endswith((".parquet", ".pq")) or content[:4] == b"PAR1":
            table = pd.read_parquet(io.BytesIO(content))
        else:
            table = pd.read_csv(io.BytesIO(content), sep=_separator(content), encoding="utf-8-sig")
    except (ValueError, OSError, pd.errors.ParserError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FrameContractError(f"{name} can't be read as CSV or Parquet: {first}.", file=name) from None
    if table.empty:
        raise FrameContractError(f"{name} has no rows.", file=name)
    if len(table) > MOST_ROWS:
        raise FrameContractError(f"{name} has {len(table):,} rows; {MOST_ROWS:,} are the most.", file=name)
    table.columns = pd.Index([str(column).strip() for column in table.columns])
    return table


def _separator(content: bytes) -> str:
    """The sign that parts the columns of the first line: comma, semicolon or tab."""
    head = content.split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(",;\t", key=head.count)


def read_trace(cluster: str, table: pd.DataFrame, mapping: Mapping[str, str] | None = None) -> Trace:
    """Inventory and samples of a long or wide table.

    Parameters
    ----------
    mapping
        Field (of :data:`FIELDS`) to column; what is not given is guessed.

    Raises
    ------
    FrameContractError
        In one sentence, naming the column and the row at fault (the header is row 1).
    """
    if known.is_wide(table.columns) and not mapping:
        table, chosen = _long(table)
    else:
        given = dict(mapping or {})
        guessed = {f: c for f, c in known.guess(table.columns).items() if c not in given.values() and f not in given}
        same = {FIELDS[field].target for field in given if field in FIELDS}
        guessed = {field: column for field, column in guessed.items() if FIELDS[field].target not in same}
        chosen = known.checked(guessed | given, table.columns)
    rows = _rows(table, chosen)
    end = datetime.fromtimestamp(int(rows["ts"].max()), UTC)
    guests, guest_notes = guests_of(rows)
    nodes, node_notes = nodes_of(rows, guests)
    samples, last = samples_of(rows, nodes)
    inventory = Inventory(cluster=cluster, at=max(end, last), nodes=nodes, guests=guests)
    return Trace(inventory=inventory, samples=samples, rows=len(table), notes=(*guest_notes, *node_notes))


def _long(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """A wide table as a long one with our own names."""
    time = known.guess(table.columns).get("time")
    if time is None:
        raise FrameContractError("No column was found for time; name one 'time'.", column="time")
    parts: dict[tuple[str, str], dict[str, pd.Series]] = {}
    for column in table.columns:
        if column != time:
            node, vmid, field = known.wide_column(column)
            parts.setdefault((node, vmid), {})[field] = table[column]
    stacked = [
        pd.DataFrame({"time": table[time], "node": node, "vmid": vmid or None, **series})
        for (node, vmid), series in parts.items()
    ]
    long = pd.concat(stacked, ignore_index=True)
    return long, known.checked({field: field for field in long.columns}, long.columns)


def _rows(table: pd.DataFrame, mapping: Mapping[str, str]) -> pd.DataFrame:
    """Columns in our units: ts, node, vmid, name, type and the targets that the table has."""
    made: dict[str, Any] = {"ts": _times(table[mapping["time"]], mapping["time"])}
    for field, column in mapping.items():
        target = FIELDS[field].target
        if field in TEXTS:
            made[target] = table[column].astype("string").str.strip()
        elif field not in ("time", "vmid"):
            values = _numbers(table[column], column) * FIELDS[field].factor
            # One target may come from two columns; whichever was measured counts.
            made[target] = values if target not in made else np.where(np.isnan(values), made[target], values)
    rows = pd.DataFrame(made)
    _whole(rows["node"], mapping["node"])
    rows["vmid"] = _vmids(table, mapping)
    return rows


def _times(column: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    seconds = numbers.where(numbers.abs() < 1e11, numbers / 1000.0)
    words = numbers.isna()
    if words.any():
        moments = pd.to_datetime(column[words].astype("string"), utc=True, errors="coerce", format="mixed")
        seconds[words] = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    bad = ~seconds.between(1, _LATEST)
    if bad.any():
        row = int(np.flatnonzero(bad.to_numpy())[0])
        raise FrameContractError(
            f"Column '{name}', row {row + _FIRST_ROW}: {column.iloc[row]!r} is not a time.",
            column=name, row=row + _FIRST_ROW,
        )  # fmt: skip
    return seconds.astype("int64")


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    text = column.astype("string").str.strip().str.lower()
    empty = (text.isna() | text.isin(["", "nan", "null", "none", "na", "n/a", "-"])).to_numpy(dtype=bool)
    bad = (~np.isfinite(numbers) & ~empty) | (numbers < 0)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        what = "negative" if numbers[row] < 0 else "not a number"
        raise FrameContractError(
            f"Column '{name}', row {row + _FIRST_ROW}: {column.iloc[row]!r} is {what}.",
            column=name, row=row + _FIRST_ROW,
        )  # fmt: skip
    return numbers


def _whole(column: pd.Series, name: str) -> None:
    empty = (column.isna() | (column == "")).to_numpy(dtype=bool)
    if empty.any():
        row = int(np.flatnonzero(empty)[0]) + _FIRST_ROW
        raise FrameContractError(f"Column '{name}', row {row}: a node is needed in every row.", column=name, row=row)


def _vmids(table: pd.DataFrame, mapping: Mapping[str, str]) -> np.ndarray:
    """The guest of each row, -1 for rows of a node; guests without numbers get some, by name."""
    if "vmid" in mapping:
        numbers = _numbers(table[mapping["vmid"]], mapping["vmid"])
        return np.where(np.isnan(numbers), -1, numbers).astype(np.int64)
    if "name" in mapping:
        names = table[mapping["name"]].astype("string").str.strip()
        codes = {name: 100 + place for place, name in enumerate(sorted(set(names.dropna()) - {""}))}
        return names.map(codes).fillna(-1).to_numpy(dtype=np.int64)
    return np.full(len(table), -1, dtype=np.int64)
