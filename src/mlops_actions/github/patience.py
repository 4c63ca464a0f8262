"""How long to wait before GitHub is asked again, and when not to."""

from dataclasses import dataclass

import requests

ATTEMPTS = 4
MOST_LIMITED_SECONDS = 600.0  # for all limits that one client meets: a job that sleeps for an hour helps nobody
SECONDARY_SECONDS = 60.0  # GitHub: "wait for at least one minute" where no header says how long
Outcome = requests.Response | requests.RequestException


@dataclass
class Patience:
    """What is left of the seconds that a client waits for limits."""

    left: float = MOST_LIMITED_SECONDS


def seconds_to_wait(outcome: Outcome, method: str, attempt: int, now: float, patience: Patience) -> float | None:
    """Return the seconds to wait before another attempt; None if this outcome is final.

    Limits are waited for as GitHub asks (docs: rate limits for the REST API): Retry-After, the time of reset where nothing
    remains, a minute for a secondary limit that says neither; as long as patience lasts, which such a wait takes from.

    Args:
        outcome: answer, or why there is none.
        method: of the request: a POST that may have arrived is not repeated.
        attempt: how many there were.
        now: seconds since 1970.
        patience: of the client.
    """
    if isinstance(outcome, requests.Response):
        limit = _limit(outcome, now)
        if limit is not None:
            return _taken(patience, max(limit, 1.0))
        if outcome.status_code < 500:
            return None
    if attempt == ATTEMPTS:
        return None
    # It may have arrived all the same: a second comment is worse than an error.
    return None if method == "POST" else 2.0**attempt


def _taken(patience: Patience, seconds: float) -> float | None:
    if seconds > patience.left:
        return None
    patience.left -= seconds
    return seconds


def _limit(response: requests.Response, now: float) -> float | None:
    """Return the seconds until a limit ends; None if this is no limit."""
    if response.status_code not in {403, 429}:
        return None
    asked, reset = (response.headers.get(name, "") for name in ("Retry-After", "X-RateLimit-Reset"))
    if asked.isdecimal():
        return float(asked)
    if response.headers.get("X-RateLimit-Remaining") == "0" and reset.isdecimal():
        return max(float(reset) - now, 0.0) + 1.0
    if "secondary rate limit" in response.text:
        return SECONDARY_SECONDS
    return SECONDARY_SECONDS if response.status_code == 429 or asked else None
