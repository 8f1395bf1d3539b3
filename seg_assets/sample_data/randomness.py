"""Random numbers and functions of time that any machine gives again, for any day, from the seed alone.

Belongs here: keyed streams, smooth random functions of time, hashed events, and the one exponential they need.
Does not: what the numbers stand for (traits.py, lives.py and the source modules).
"""

from __future__ import annotations

import math
import zlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Days = NDArray[np.int32]
Rows = NDArray[np.int64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]

DAY_ZERO = date(2020, 1, 6)
NEVER = 2**30
KNOTS_KEPT = 90


def day_number(day: date) -> int:
    """Days from Monday 2020-01-06, the calendar that every array of days counts in."""
    return (day - DAY_ZERO).days


class Dice:
    """Random numbers of `accounts` accounts, in streams keyed by (seed, name, step).

    A Philox stream per key: element i does not depend on how many accounts there are, nor on what was drawn before.
    """

    def __init__(self, seed: int, accounts: int) -> None:
        self.seed = seed
        self.accounts = accounts
        self._settled: dict[tuple[str, str], Floats] = {}
        self._knots: OrderedDict[tuple[str, int], Floats] = OrderedDict()

    def _generator(self, name: str, step: int) -> np.random.Generator:
        key = [self.seed % 2**64, (zlib.crc32(name.encode()) << 32) | (step % 2**32)]
        return np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64)))

    def uniform(self, name: str, step: int = 0) -> Floats:
        """float32 (accounts,), in [0, 1)."""
        return self._generator(name, step).random(self.accounts, dtype=np.float32)

    def normal(self, name: str, step: int = 0) -> Floats:
        """float32 (accounts,), mean 0 and variance 1."""
        return self._generator(name, step).standard_normal(self.accounts, dtype=np.float32)

    def exponential(self, name: str, step: int = 0) -> Floats:
        """float32 (accounts,), mean 1."""
        return self._generator(name, step).standard_exponential(self.accounts, dtype=np.float32)

    def settled_uniform(self, name: str, rows: Rows) -> Floats:
        """What uniform(name) gives for the accounts `rows`, kept for the next Monday: float32 like rows."""
        return self._kept("uniform", name, self.uniform)[rows]

    def settled_normal(self, name: str, rows: Rows) -> Floats:
        """What normal(name) gives for the accounts `rows`, kept for the next Monday: float32 like rows."""
        return self._kept("normal", name, self.normal)[rows]

    def _kept(self, law: str, name: str, draw: Callable[[str], Floats]) -> Floats:
        if (law, name) not in self._settled:
            self._settled[law, name] = draw(name)
        return self._settled[law, name]

    def wander(self, name: str, day: int, rows: Rows, period: int) -> Floats:
        """A smooth random function of time for the accounts `rows`, at `day`: float32 like rows, normal(0, 1).

        Between two knots `period` days apart it is cos(a) of the first plus sin(a) of the second, a from 0 to a
        quarter turn: variance 1 and the same speed throughout. Days two periods apart or more are independent.
        """
        step, into = divmod(day + zlib.crc32(name.encode()) % period, period)
        angle = 0.5 * math.pi * into / period
        path = self._knot(name, step)[rows] * np.float32(math.cos(angle))
        path += self._knot(name, step + 1)[rows] * np.float32(math.sin(angle))
        return path

    def _knot(self, name: str, step: int) -> Floats:
        kept = self._knots.pop((name, step), None)
        if kept is None:
            kept = self.normal(name, step)
        self._knots[name, step] = kept
        if len(self._knots) > KNOTS_KEPT:
            self._knots.popitem(last=False)
        return kept

    def hashed_uniform(self, name: str, rows: Rows, count: Rows) -> Floats:
        """float32 in [0, 1) per pair of row and count, without drawing the others (splitmix64, Steele et al. 2014)."""
        salt = (zlib.crc32(name.encode()) << 32) ^ (self.seed * 0x9E3779B97F4A7C15) % 2**64
        mixed = rows.astype(np.uint64) * np.uint64(0xD1342543DE82EF95)
        mixed += count.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)

    def days_since(self, name: str, day: Days, rows: Rows, spacing: Floats) -> Days:
        """Days since the last of an account's events, which come about `spacing` days apart: int32, at least 0.

        day: int32 (n,), the day looked from; rows: which accounts; spacing: float32 (n,), days, at least 0.5.
        The events lie fixed in time, so a week later an account is 7 days further from the same event, or had another.
        """
        none = np.zeros_like(rows)
        phase = self.hashed_uniform(f"{name}.phase", rows, none).astype(np.float64)
        gap = spacing.astype(np.float64)
        slot = np.floor(day / gap + phase)
        since = day - self._event_day(name, rows, slot, phase, gap)
        before = since < 0
        since[before] = (day - self._event_day(name, rows, slot - 1, phase, gap))[before]
        return np.floor(since).astype(np.int32)

    def _event_day(
        self,
        name: str,
        rows: Rows,
        slot: NDArray[np.float64],
        phase: NDArray[np.float64],
        gap: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        shift = self.hashed_uniform(name, rows, slot.astype(np.int64)).astype(np.float64)
        return (slot - phase + 0.9 * shift) * gap


def exponential(x: NDArray[np.floating[Any]]) -> Floats:
    """e to the x, float32 (n,), for x within -60..60 (beyond, the value at the end): the same bits on every machine.

    Built from single additions and multiplications; np.exp takes another path, and other last bits, on each processor.
    """
    x = np.clip(x.astype(np.float32, copy=False), -60, 60)
    whole = np.rint(x * np.float32(1.4426950408889634))
    rest = x - whole * np.float32(0.693145751953125)
    rest -= whole * np.float32(1.42860677e-06)
    value: Floats = np.full_like(rest, 1 / 720)
    for factor in (1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0):
        value *= rest
        value += np.float32(factor)
    power = ((whole.astype(np.int32) + np.int32(127)) << np.int32(23)).view(np.float32)
    value *= power
    return value


def logistic(x: NDArray[np.floating[Any]]) -> Floats:
    """1 / (1 + e^-x), float32."""
    return np.float32(1) / (np.float32(1) + exponential(-x))
