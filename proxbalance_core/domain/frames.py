"""The declared columns of the frames that cross a border between rooms.

``ts`` is epoch seconds (UTC): the instant of a sample, the start of an hour or a day. A measured
column is a float, NaN where nothing was measured; a missing row is a gap. Extra columns are allowed.
"""

from __future__ import annotations

from typing import Literal

import pandas as pd
import pandera.pandas as pa

from proxbalance_core.errors import FrameContractError

Kind = Literal["node", "guest"]
_MEASURED = pa.Column(float, nullable=True)
_TS = pa.Column("int64")
_NODE = pa.Column("category", nullable=True)
_VMID = pa.Column("int64")

HOURLY: dict[Kind, pa.DataFrameSchema] = {
    "node": pa.DataFrameSchema(
        {
            "ts": _TS, "node": pa.Column("category"), "n": pa.Column("int64"), "step_s": pa.Column("int64"),
            "cpu_pct": _MEASURED, "mem_used_bytes": _MEASURED, "mem_bytes": _MEASURED, "iowait_pct": _MEASURED,
        }
    ),
    "guest": pa.DataFrameSchema(
        {
            "ts": _TS, "vmid": _VMID, "node": _NODE, "n": pa.Column("int64"), "step_s": pa.Column("int64"),
            "cpu_used_cores": _MEASURED, "mem_used_bytes": _MEASURED,
        }
    ),
}  # fmt: skip

RAW: dict[Kind, pa.DataFrameSchema] = {
    "node": pa.DataFrameSchema(
        {
            "ts": _TS, "node": pa.Column("category"), "step_s": pa.Column("int64"),
            "cpu_pct": _MEASURED, "mem_used_bytes": _MEASURED, "mem_bytes": _MEASURED, "iowait_pct": _MEASURED,
        }
    ),
    "guest": pa.DataFrameSchema(
        {
            "ts": _TS, "vmid": _VMID, "node": _NODE, "step_s": pa.Column("int64"), "running": pa.Column(bool),
            "cpu_used_cores": _MEASURED, "mem_used_bytes": _MEASURED,
        }
    ),
}  # fmt: skip


def checked(frame: pd.DataFrame, contract: pa.DataFrameSchema) -> pd.DataFrame:
    """``frame``, which must have the columns of ``contract``.

    Raises
    ------
    FrameContractError
        Naming the first column that is missing or of another type.
    """
    try:
        return contract.validate(frame)
    except pa.errors.SchemaError as error:
        raise FrameContractError(f"A table breaks its contract: {error}.", columns=tuple(frame.columns)) from None
