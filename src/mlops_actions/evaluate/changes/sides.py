"""Who a model is, how large and how quick."""

from mlops_actions.bundle import Bundle
from mlops_actions.bundle.contract import Latency
from mlops_actions.evaluate.changes.short import short
from mlops_actions.evaluate.sources import Source
from mlops_actions.report.evaluation import Side


def side(source: Source) -> Side:
    """Return what a bundle says of its model; of a plain file nothing is known."""
    config = source.config
    if config is None:
        return Side()
    bundle = Bundle(source.path)
    latency = _latency(bundle)
    return Side(
        version=short(config.version),
        commit=short(config.git_commit) or None,
        input_digest=short(config.input_digest) or None,
        architecture=short(config.base_architecture),
        model_bytes=config.model_bytes,
        p50_us=latency.p50_us if latency else None,
        p99_us=latency.p99_us if latency else None,
        train_rows=config.dataset.train_rows,
    )


def _latency(bundle: Bundle) -> Latency | None:
    return bundle.contract().latency if (bundle.path / "contract.json").is_file() else None
