"""The least that counting rows and comparing counts cost in NumPy, on arrays that lie ready; `drift` stands beside it.

Nothing is checked, missing, out of range or empty; bins are not told from cells, nothing is added to a window. What the
goals ask below this, no code made of NumPy's calls reaches on the same cores.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

CELLS = 514
"""Of a column, with one on each side for what lies outside: as a reference has them."""
PRIOR = 0.5


def bare_counting(matrix: np.ndarray) -> Callable[[], object]:
    """Count rows by cell, and those of a cell that reach the one edge in it: two `bincount`, and what they need.

    Args:
        matrix: shape (n, F), of values between -4 and 4, nearly all; so few rows that all work stays in the cache.

    """
    columns = matrix.shape[1]
    scale, ahead, size = CELLS / 8, np.arange(columns) * float(CELLS), columns * CELLS
    edges = np.linspace(-4, 4, size)
    work, cells = np.empty(matrix.shape), np.empty(matrix.shape, np.intp)
    reached, flags = np.empty(matrix.size), np.empty(matrix.size, np.bool_)

    def count() -> object:
        np.multiply(matrix, scale, out=work)
        np.add(work, CELLS / 2, out=work)
        np.maximum(work, 0, out=work)
        np.minimum(work, CELLS - 1, out=work)
        np.add(work, ahead, out=work)
        cells[:] = work
        steps = cells.ravel()
        np.take(edges, steps, out=reached, mode="clip")
        np.greater_equal(matrix.ravel(), reached, out=flags)
        return np.bincount(steps, minlength=size), np.bincount(steps.compress(flags), minlength=size)

    return count


def bare_statistics(reference: np.ndarray, live: np.ndarray, cells: np.ndarray) -> Callable[[], object]:
    """PSI, KL, JS, Hellinger, total variation, chi-square; KS and Wasserstein of the cells, against shares at hand.

    Args:
        reference: counts, shape (B, F), with a column's beside those of the others.
        live: likewise.
        cells: live counts, shape (F, C), F even, C steps of one column.

    """
    p, roots = reference / reference.sum(0), np.sqrt(reference / reference.sum(0))
    up_to = np.cumsum(np.full(cells.shape, 1 / cells.shape[1]), axis=1)
    half, out = len(cells) // 2, np.empty(cells.shape)

    def products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.einsum("ij,ij->j", left, right)

    def eight() -> object:
        q = (live + PRIOR) / (live.sum(0) + PRIOR * len(live))
        gaps, ratio, middle = p - q, np.log(p / q), (p + q) / 2
        apart, root_gaps = live - reference, roots - np.sqrt(q)
        by_bin = (
            products(gaps, ratio),
            products(p, ratio),
            products(p, np.log(p / middle)) + products(q, np.log(q / middle)),
            products(root_gaps, root_gaps),
            np.abs(gaps).sum(0),
            products(apart, apart / (live + reference)),
        )
        lanes = cells[half:] << 32  # two columns in each number, see `Cells`
        lanes += cells[:half]
        sums = np.cumsum(lanes, axis=1, out=lanes).view("<i4")
        out[:half], out[half:] = sums[:, ::2], sums[:, 1::2]
        np.multiply(out, 1e-3, out=out)
        np.subtract(out, up_to, out=out)
        np.abs(out, out=out)
        return by_bin, out.max(axis=1), np.einsum("ij->i", out)

    return eight
