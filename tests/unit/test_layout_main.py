"""The command line before any stage is reached: what cannot start still says why, by exit code."""

import sys

import pytest

from mlops_actions.cli import main


def leave(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["mlops", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in [name for name in sys.modules if name.startswith("mlops_actions.pipeline")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "polars", None)
    assert leave(monkeypatch, "init") == 2
    assert "needs the package polars" in capsys.readouterr().err


def test_a_module_of_ours_that_cannot_be_imported_is_our_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlops_actions.cli.init", None)
    assert leave(monkeypatch, "init") == 4
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["--help"], 0), (["nonsense"], 2), (["init", "--nonsense"], 2)]
)
def test_usage(monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int) -> None:
    assert leave(monkeypatch, *arguments) == code
