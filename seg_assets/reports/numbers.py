"""Numbers as people read them: units, sensible digits, intervals, and no figure of a handful of accounts.

Belongs here: one number or interval to text. Does not: which numbers a page shows (its own module).
"""

from __future__ import annotations

from math import isfinite

UNKNOWN = "not known"
TOO_FEW = "too few"
FEWEST_ACCOUNTS = 10
FEWEST_CONVERSIONS = 5

MINUS = "\u2212"
# Keeps a number and its unit on one line.
JOINED = "\u00a0"
_SIZES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def known(value: float | None) -> bool:
    """Whether there is a finite number."""
    return value is not None and isfinite(value)


def count(value: float | None) -> str:
    """A whole number with thousands apart: 12,345."""
    return _signed(f"{value:,.0f}") if value is not None and isfinite(value) else UNKNOWN


def share(value: float | None) -> str:
    """A share 0 to 1 as per cent, two digits below one per cent and one above: 0.0042 is 0.42 %."""
    if value is None or not isfinite(value):
        return UNKNOWN
    return f"{100 * value:.{2 if 0 < abs(value) < 0.01 else 1}f}{JOINED}%"


def decimal(value: float | None, digits: int = 3, *, sign: bool = False) -> str:
    """A number with that many decimals, with its sign where it is a difference."""
    if value is None or not isfinite(value):
        return UNKNOWN
    rounded = round(value, digits) + 0.0
    return _signed(f"{rounded:+.{digits}f}" if sign and rounded else f"{rounded:.{digits}f}")


def money(value: float | None, unit: str) -> str:
    """An amount with its unit: 12.3 m USD. unit: of the amount, may be empty."""
    if value is None or not isfinite(value):
        return UNKNOWN
    for size, word in _SIZES:
        if abs(value) >= size:
            return _signed(f"{value / size:,.1f} {word} {unit}".rstrip()).replace(" ", JOINED)
    return _signed(f"{value:,.0f} {unit}".rstrip()).replace(" ", JOINED)


def points(value: float | None) -> str:
    """A difference of two shares in percentage points, with its sign: +4.2 points."""
    return UNKNOWN if value is None or not isfinite(value) else f"{decimal(100 * value, 1, sign=True)} points"


def share_interval(low: float | None, high: float | None) -> str:
    """`3.9 % to 4.4 %`, the 95 % interval of a share."""
    if low is None or high is None or not (isfinite(low) and isfinite(high)):
        return "no interval"
    return f"{share(low)} to {share(high)}"


def few(accounts: int | None, conversions: int | None) -> bool:
    """Whether a cell is too small to be shown: fewer than 10 accounts or 5 conversions. None: not counted, not few."""
    return (accounts is not None and accounts < FEWEST_ACCOUNTS) or (
        conversions is not None and conversions < FEWEST_CONVERSIONS
    )


def _signed(text: str) -> str:
    return text.replace("-", MINUS, 1)
