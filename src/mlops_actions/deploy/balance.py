"""Which track gets the next request: smooth weighted round-robin, so that 10 % is ten of every hundred, evenly spread."""

from collections.abc import Mapping
from typing import Generic, TypeVar

Choice = TypeVar("Choice")


class Balancer(Generic[Choice]):
    """Chooses among weighted options, deterministically (the algorithm of nginx, ngx_http_upstream_round_robin.c).

    Args:
        weights: weight of each option; those without weight are never chosen.
    """

    def __init__(self, weights: Mapping[Choice, int]) -> None:
        self._weights = {choice: weight for choice, weight in weights.items() if weight > 0}
        self._current = dict.fromkeys(self._weights, 0)

    def choose(self) -> Choice | None:
        """Return the next option; None if none has weight."""
        if not self._weights:
            return None
        for choice, weight in self._weights.items():
            self._current[choice] += weight
        chosen = max(self._current, key=lambda choice: self._current[choice])
        self._current[chosen] -= sum(self._weights.values())
        return chosen
