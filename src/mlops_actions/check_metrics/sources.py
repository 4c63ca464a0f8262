"""Which source reads the counters: a Prometheus if one is named, the servers' own /metrics otherwise."""

from collections.abc import Callable, Mapping

from mlops_actions.check_metrics.endpoints import MetricsEndpoints
from mlops_actions.check_metrics.look import Source
from mlops_actions.check_metrics.prometheus import LAG, PrometheusSource
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError
from mlops_actions.release.record import ReleaseState
from mlops_actions.release.target import Track

__all__ = ["MetricsEndpoints", "PrometheusSource", "arms_of", "open_source"]


def open_source(config: Config, state: ReleaseState, urls: Callable[[], Mapping[Track, list[str]]]) -> Source:
    """Return the source that mlops.yaml asks for.

    Args:
        config: section check_metrics says which.
        state: names the releases of both arms.
        urls: the /metrics of each track's replicas, asked at every look.

    Raises:
        ConfigError: nothing is on trial; fixed limits are PromQL and there is no Prometheus; or a step ends before
            Prometheus shows anything of it.
    """
    arms = arms_of(config.model.id, state)
    if config.check_metrics.prometheus:
        _check_time(config)
        return PrometheusSource(config.check_metrics, arms)
    if config.check_metrics.limits:
        raise ConfigError(
            "check_metrics.limits are PromQL queries, and no Prometheus is named.",
            fix="set check_metrics.prometheus to its URL, or remove the limits.",
            file=str(config.file),
            line=config.line("check_metrics.limits"),
        )
    return MetricsEndpoints(urls, arms)


def _check_time(config: Config) -> None:
    lag = LAG * config.check_metrics.scrape_interval_seconds
    if config.deploy.step_seconds <= lag:
        raise ConfigError(
            f"A step of {config.deploy.step_seconds:g} s ends before Prometheus shows anything of it: samples count once they are {lag:g} s old.",
            why="check_metrics.scrape_interval_seconds says how often Prometheus scrapes; newer samples may be missing.",
            fix=f"set deploy.step_seconds (or --deadline) to {3 * lag:g} or more, or scrape more often.",
            file=str(config.file),
            line=config.line("deploy.step_seconds") or config.line("check_metrics.scrape_interval_seconds"),
        )


def arms_of(model: str, state: ReleaseState) -> dict[Track, dict[str, str]]:
    """Return the labels that the series of each arm have; a first release has no stable arm.

    Raises:
        ConfigError: nothing is on trial.
    """
    if state.canary is None:
        raise ConfigError(
            "No release is on trial here.",
            why="nothing was deployed to this environment, or the canary was already promoted or rolled back.",
            fix="deploy one first; `mlops status` shows what runs.",
        )
    releases = {Track.CANARY: state.canary, Track.STABLE: state.stable}
    return {
        track: {"model": model, "release": str(release), "track": str(track)}
        for track, release in releases.items()
        if release is not None
    }
