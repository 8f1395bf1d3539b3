"""Groups of columns that vote with equal weight, however many columns they have.

Belongs here: the balancing of multiple factor analysis and the principal axes of a table.
Does not: how features become columns (preprocess.py), clusters (clustering.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def first_singular_value(block: Matrix) -> float:
    """The root of the first eigenvalue of the covariance (over n) of `block` (n, columns); 0 for no variation."""
    centred = block - block.mean(axis=0)
    return float(np.sqrt(max(np.linalg.eigvalsh(centred.T @ centred / len(centred))[-1], 0.0)))


def balance_weights(blocks: Mapping[str, Matrix]) -> dict[str, float]:
    """What to multiply each group's columns by, so that each group's strongest axis has variance 1.

    blocks: a (n, columns) array a group. A group without variation keeps weight 1.
    Source: multiple factor analysis, Escofier and Pages 1994.
    """
    singular = {name: first_singular_value(block) for name, block in blocks.items()}
    return {name: 1.0 / value if value > 0 else 1.0 for name, value in singular.items()}


def principal_axes(table: Matrix) -> tuple[Matrix, Matrix]:
    """Eigenvalues (columns,) of the covariance (over n), largest first, and the axes as columns (columns, columns).

    Each axis is turned so that its largest loading in size is positive: without that, signs are a matter of chance.
    """
    centred = table - table.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    values, axes = np.maximum(values[::-1], 0.0), axes[:, ::-1]
    largest = np.argmax(np.round(np.abs(axes), 6), axis=0)
    signs = np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)
    return values, axes * signs
