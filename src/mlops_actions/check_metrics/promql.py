"""One instant query to a Prometheus, with every way it can go wrong typed."""

import math
from typing import Any

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.util.retry import Retry

from mlops_actions.check_metrics.counters import Trouble
from mlops_actions.check_metrics.look import LookKind, Reading

TIMEOUT_SECONDS = 10
MOST_DETAIL = 300


class PromQL:
    """Asks a Prometheus. No retries: the next look is one.

    prometheus-api-client returns `data.result` alone and drops `warnings`, with which Prometheus says that an answer is
    incomplete (a remote store that did not answer, say); a hook on its session keeps them.
    """

    def __init__(self, url: str) -> None:
        self._warnings: list[str] = []
        session = requests.Session()
        session.hooks["response"].append(self._keep_warnings)
        self._client = PrometheusConnect(url=url.rstrip("/"), session=session, retry=Retry(0), timeout=TIMEOUT_SECONDS)

    def _keep_warnings(self, response: requests.Response, **_: object) -> None:
        try:
            self._warnings = response.json().get("warnings") or []
        except (ValueError, AttributeError):
            self._warnings = []  # no JSON object: `ask` finds that out by itself

    def ask(self, query: str, *, at: float) -> Any:
        """Return `data.result` of an instant query.

        Raises:
            Trouble: QUERY_ERROR if it did not answer well within ten seconds, PARTIAL if it warned.
        """
        try:
            result = self._client.custom_query(query, params={"time": f"{at:.3f}", "timeout": f"{TIMEOUT_SECONDS}s"})
        except (requests.RequestException, PrometheusApiClientException) as error:
            raise Trouble(LookKind.QUERY_ERROR, _short(str(error))) from None
        except (ValueError, KeyError, TypeError):
            raise Trouble(LookKind.QUERY_ERROR, "the answer is not one of Prometheus' API") from None
        if self._warnings:
            raise Trouble(LookKind.PARTIAL, _short("; ".join(map(str, self._warnings))))
        return result

    def value(self, query: str, *, at: float) -> Reading:
        """Return the one value of a query: a scalar, or a vector of one sample."""
        try:
            return Reading(kind=LookKind.OK, value=_only_value(self.ask(query, at=at)))
        except Trouble as trouble:
            return Reading(kind=trouble.kind, detail=trouble.detail)


def _short(text: str) -> str:
    """Keep both ends: libraries begin with what they asked and end with why it failed."""
    return text if len(text) <= MOST_DETAIL else f"{text[: MOST_DETAIL // 3]} … {text[-MOST_DETAIL // 3 * 2 :]}"


def _only_value(result: Any) -> float:
    if not result:
        raise Trouble(LookKind.EMPTY, "the query found nothing")
    if isinstance(result[0], dict):
        if len(result) > 1:
            raise Trouble(LookKind.MULTI_SERIES, f"the query found {len(result)} series; sum or filter them to one")
        if "value" not in result[0]:
            raise Trouble(LookKind.MULTI_SERIES, "the query is a range selector; a limit needs one value")
        result = result[0]["value"]
    return number(result[1])


def number(text: str) -> float:
    """Read a sample's value.

    Raises:
        Trouble: NAN, also for infinities and for what is no number.
    """
    try:
        value = float(text)
    except ValueError:
        raise Trouble(LookKind.NAN, f"a value is {text[:40]!r}, which is no number") from None
    if not math.isfinite(value):
        raise Trouble(LookKind.NAN, f"a value is {text}")
    return value
