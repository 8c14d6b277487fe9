"""What a demo guest uses at any time: a pure function of (seed, guest, time).

Chance is a hash of seed, guest and time, so that any moment can be asked for, in any order and as often
as one likes, with the same answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proxbalance_core.domain.units import MIB
from proxbalance_core.sources.synthetic.cast import Cast, DemoGuest, Rhythm, gb

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
DAY_S, HOUR_S, KNOT_S = 86_400, 3_600, 900
LEAK_PERIOD_DAYS = 21.0
LEAK_HEAD_START_DAYS = 12.0
_MIX_1, _MIX_2, _STEP = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB), np.uint64(0x9E3779B97F4A7C15)


def chance(seed: int, stream: int, places: Times) -> Floats:
    """Uniform numbers in [0, 1), one for each integer place (splitmix64 as a hash)."""
    mixed = np.uint64((seed * 1_000_003 + stream * 7_919 + 1) * int(_MIX_1) % 2**64)
    x = places.astype(np.uint64) * _STEP + mixed
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(11)).astype(np.float64) / 2.0**53


def drift(seed: int, stream: int, times: Times, knot_s: int = KNOT_S) -> Floats:
    """Smooth noise in [-1, 1]: chance at knots, eased in between."""
    place, along = np.divmod(times, knot_s)
    share = along / knot_s
    share = share * share * (3.0 - 2.0 * share)
    before, after = chance(seed, stream, place), chance(seed, stream, place + 1)
    return 2.0 * (before + (after - before) * share) - 1.0


def rhythm_factor(rhythm: Rhythm, times: Times) -> Floats:
    """Load over its mean by hour of day and day of week (UTC)."""
    hour = times % DAY_S / HOUR_S
    daily = 1.0 + rhythm.swing * np.cos(2.0 * np.pi * (hour - rhythm.peak_hour) / 24.0)
    # The epoch began on a Thursday.
    weekend = (times // DAY_S + 3) % 7 >= 5
    return daily * np.where(weekend, rhythm.weekend, 1.0)


def bursts(rhythm: Rhythm, seed: int, vmid: int, times: Times) -> Floats:
    """Extra load as a fraction of the given cores: in some hours, for 15 to 45 minutes."""
    if rhythm.burst_chance <= 0:
        return np.zeros(len(times))
    hour, within = np.divmod(times, HOUR_S)
    happens = chance(seed, vmid * 8 + 3, hour) < rhythm.burst_chance
    start = chance(seed, vmid * 8 + 4, hour) * 900.0
    length = 900.0 + 1800.0 * chance(seed, vmid * 8 + 5, hour)
    return np.where(happens & (within >= start) & (within < start + length), rhythm.burst_height, 0.0)


def cpu_cores(cast: Cast, guest: DemoGuest, times: Times) -> Floats:
    """Used CPU [cores] at each of ``times`` [epoch seconds]; 0 unless the guest runs."""
    if guest.status != "running":
        return np.zeros(len(times))
    rhythm = cast.rhythms[guest.rhythm]
    noise = 0.7 * drift(cast.seed, guest.vmid * 8, times) + 0.3 * drift(cast.seed, guest.vmid * 8 + 1, times, 60)
    share = guest.load * rhythm_factor(rhythm, times) * (1.0 + rhythm.noise * noise)
    share = share + bursts(rhythm, cast.seed, guest.vmid, times)
    return guest.cpu_cores * np.clip(share, 0.002, 1.0)


def mem_bytes(cast: Cast, guest: DemoGuest, times: Times, began: int) -> Floats:
    """Used memory [bytes]; a leak grows from before ``began`` until the guest is restarted."""
    if guest.status != "running":
        return np.zeros(len(times))
    share = guest.mem * (1.0 + 0.02 * drift(cast.seed, guest.vmid * 8 + 2, times, HOUR_S))
    if guest.leak_pct_per_day:
        age = ((times - began) / DAY_S + LEAK_HEAD_START_DAYS) % LEAK_PERIOD_DAYS
        share = share + guest.leak_pct_per_day / 100.0 * age
    return gb(guest.mem_gb) * np.clip(share, 0.05, 0.98)


def traffic_bps(cast: Cast, guest: DemoGuest, used_cores: Floats, times: Times) -> tuple[Floats, ...]:
    """Disk read, disk write, net in and net out [bytes per second]; they go with the CPU."""
    if guest.status != "running":
        return (np.zeros(len(times)),) * 4
    busy = 0.3 + 0.7 * used_cores / max(guest.load * guest.cpu_cores, 0.01)
    wobble = 1.0 + 0.3 * drift(cast.seed, guest.vmid * 8 + 6, times, 300)
    disk, net = guest.disk_mbps * MIB * busy * wobble, guest.net_mbps * MIB * busy * wobble
    return 0.35 * disk, 0.65 * disk, 0.4 * net, 0.6 * net
