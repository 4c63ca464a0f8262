"""What a comparison could have seen."""

from mlops_actions.statistics.normal import z


def detectable(error: float, alpha: float, power: float = 0.8) -> float:
    """Return the smallest true drop that a comparison with this standard error finds with this power, at one-sided alpha."""
    return (z(alpha) + z(1 - power)) * error
