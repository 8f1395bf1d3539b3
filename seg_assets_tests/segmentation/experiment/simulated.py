"""Experiments whose truth is known: families of accounts, two arms, an effect in each segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHARES = np.array([0.5, 0.3, 0.2])
RATES = np.array([0.08, 0.15, 0.25])
EFFECTS = np.array([0.00, 0.05, 0.12])


@dataclass(frozen=True)
class Simulated:
    """(n,) each; known: what was seen of an account before, which tells of its outcome."""

    converted: np.ndarray
    treated: np.ndarray
    families: np.ndarray
    segments: np.ndarray
    known: np.ndarray


def simulated(seed: int, families: int = 1_200, effects: np.ndarray = EFFECTS, largest: int = 4) -> Simulated:
    """Accounts that share an arm, a segment and a mood with their family; the mean rate of a segment is RATES."""
    random = np.random.default_rng(seed)
    family = np.repeat(np.arange(families), random.integers(1, largest + 1, families))
    arm = random.random(families) < 0.5
    segment = random.choice(len(SHARES), families, p=SHARES)
    mood = random.choice([0.4, 1.6], families)
    own = random.choice([0.5, 1.5], len(family))
    chance = RATES[segment[family]] * mood[family] * own + effects[segment[family]] * arm[family]
    converted = random.random(len(family)) < chance
    return Simulated(converted, arm[family], family, segment[family], np.column_stack([own, mood[family]]))
