"""Accounts of one parent, whose outcomes are not independent.

Belongs here: drawing families, dealing their outcomes out by chance, and knowing one again in another month.
Does not: who is of which family (the callers say), figures (figures.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.lift import Codes, Flags

Multiplicities = npt.NDArray[np.float32]
# Draws of families that are held at once: 50 columns of 400,000 families are 80 MB.
DRAWN_AT_ONCE = 50


def effective_families(families: Codes, converted: Flags) -> float:
    """How many families of equal share the conversions, or the other accounts where these are rarer, are worth.

    (sum of c)^2 / sum of c^2 over families with c of them. families, converted: (n,). 0 without both kinds.
    Source: Kish 1965; for intervals over clusters: Carter, Schnepel, Steigerwald 2017.
    """
    found = []
    for flags in (converted, ~converted):
        members = np.bincount(families[flags]).astype(np.float64)
        found.append(float(members.sum() ** 2 / max((members**2).sum(), 1.0)))
    return min(found)


def drawn_families(count: int, draws: int, seed: int) -> Iterator[Multiplicities]:
    """How often each of `count` families is drawn, (count, up to 50) at a time: as many as there are, with return."""
    random = np.random.default_rng(seed)
    for begin in range(0, draws, DRAWN_AT_ONCE):
        size = min(DRAWN_AT_ONCE, draws - begin)
        yield np.stack(
            [np.bincount(random.integers(0, count, count), minlength=count) for _ in range(size)], axis=1
        ).astype(np.float32)


def dealt(converted: Flags, families: Codes, times: int, seed: int) -> Iterator[Flags]:
    """The outcomes dealt out anew `times` times, family after family in an order by chance, begun at any account.

    converted, families: (n,), accounts of one family beside each other. Every account gets every outcome with the same
    chance, and outcomes that came together stay together, so that permuted figures spread as real ones would. With
    families of one account each it is a plain permutation.
    """
    sizes = np.bincount(families)
    sizes = sizes[sizes > 0]
    first = np.cumsum(sizes) - sizes
    random = np.random.default_rng(seed)
    for _ in range(times):
        order = random.permutation(len(sizes))
        begins = np.repeat(first[order], sizes[order])
        inside = np.arange(len(converted)) - np.repeat(np.cumsum(sizes[order]) - sizes[order], sizes[order])
        yield np.roll(converted[begins + inside], random.integers(0, max(len(converted), 1)))


def common_families(account_ids: Sequence[pl.Series], families: Sequence[Codes]) -> list[Codes]:
    """Family numbers that mean the same in every month: families that share an account in two months are one.

    account_ids, families: (n,) of each month. Numbers of one month mean nothing in another, accounts do.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = pl.concat([ids.cast(pl.String) for ids in account_ids])
    accounts = (known.rank("dense") - 1).to_numpy().astype(np.intp)
    dense = [np.unique(codes, return_inverse=True) for codes in families]
    offsets = np.cumsum([0, *(len(different) for different, _ in dense)])
    own = np.concatenate([codes + offset for (_, codes), offset in zip(dense, offsets[:-1], strict=True)])
    nodes = int(accounts.max()) + 1 if len(accounts) else 0
    size = nodes + int(offsets[-1])
    links = coo_array((np.ones(len(own)), (accounts, nodes + own)), shape=(size, size))
    _, parts = connected_components(links, directed=False)
    # Numbered by their accounts in order of id, so that the order of rows makes no difference.
    _, codes = np.unique(parts[accounts], return_inverse=True)
    ends = np.cumsum([len(ids) for ids in account_ids])[:-1]
    return [part.astype(np.intp) for part in np.split(codes, ends)]
