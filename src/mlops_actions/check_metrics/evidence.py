"""E-processes: evidence that may be looked at as often as one likes.

An e-value has expectation at most 1 while the null hypothesis holds; the product over looks is a supermartingale, so by
Ville's inequality it ever reaches 1/alpha with a chance of at most alpha, whatever the schedule of looks. docs/judge.md
has the proofs. Here every function returns logarithms, one for each of the 60 alternatives on the grid, per look; they
add over looks, and `log_mean` turns the sums into the evidence of the mixture (Robbins 1970; Lindon & Malek 2022).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = int | npt.NDArray[np.integer[Any]]

RATIOS: Floats = np.geomspace(1.2, 10, 60)


def log_split(
    canary: tuple[Counts, Counts],
    stable: tuple[Counts, Counts],
    *,
    null: float,
    alternatives: Floats,
    margin: float = 0.0,
) -> Floats:
    """Evidence in how bad events split between the arms, against p_canary = null · p_stable + margin.

    With alternatives above `null` it is evidence against every smaller p_canary, with alternatives below (and no
    margin) against every larger one; both rates may change with time.

    Args:
        canary: requests and bad events of one look, integers or arrays of one shape.
        stable: the same of the other arm.
        null: ratio of the rates under the null hypothesis.
        alternatives: ratios to bet on, shape (60,).
        margin: absolute difference of rates that the null hypothesis allows on top; only with alternatives above.

    Returns:
        logarithms, shape (…, 60).
    """
    n_c, k_c = (np.asarray(count)[..., None] for count in canary)
    n_b, k_b = (np.asarray(count)[..., None] for count in stable)
    share = n_c / np.maximum(n_c + n_b, 1)
    # theta(r) = share·r / (share·r + 1 - share); this is log((1 - theta(r)) / (1 - theta(null))), finite also where an arm is silent.
    spread = np.log(share * null + 1 - share) - np.log(share * alternatives + 1 - share)
    gain = np.log(alternatives / null)
    logs: Floats = k_c * gain + (k_c + k_b) * spread - margin * n_c * np.expm1(gain + spread)
    return logs


def log_rate(arm: tuple[Counts, Counts], *, null: float, odds: Floats) -> Floats:
    """Evidence against a rate of bad events of `null`, in favour of odds multiplied by `odds`.

    With odds above 1 it is evidence against every smaller rate, with odds below 1 against every larger one.

    Args:
        arm: requests and bad events of one look, integers or arrays of one shape.
        null: rate under the null hypothesis, between 0 and 1.
        odds: factors on null's odds to bet on, shape (60,).

    Returns:
        logarithms, shape (…, 60).
    """
    n, k = (np.asarray(count)[..., None] for count in arm)
    logs: Floats = k * np.log(odds) - n * np.log1p(null * (odds - 1))
    return logs


def log_mean(logs: npt.ArrayLike) -> Floats:
    """Return the logarithm of the mean over the last axis, without overflow."""
    values: Floats = np.asarray(logs, dtype=np.float64)
    mean: Floats = np.logaddexp.reduce(values, axis=-1) - np.log(values.shape[-1])
    return mean
