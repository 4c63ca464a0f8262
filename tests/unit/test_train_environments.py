"""What user code may see of the caller's environment."""

from pathlib import Path

from mlops_actions.environments import Environments
from mlops_actions.train.stage import worker_variables


def test_tokens_and_the_runners_files_stay_out() -> None:
    hidden = ["GITHUB_TOKEN", "GITHUB_OUTPUT", "GITHUB_ENV", "ACTIONS_RUNTIME_TOKEN", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "HTTPS_PROXY", "MLOPS_BUILD_PUSH_PASSWORD"]  # fmt: skip
    kept = [
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "CUDA_VISIBLE_DEVICES",
        "TF_XLA_FLAGS",
        "OMP_NUM_THREADS",
        "SSL_CERT_FILE",
    ]
    clean = Environments.of_caller(dict.fromkeys([*hidden, *kept], "x")).clean
    assert sorted(clean) == sorted(kept)


def test_the_interpreter_comes_first_on_the_path_hashing_is_fixed_and_no_bytecode_is_left() -> None:
    found = worker_variables({"PATH": "/usr/bin", "TF_CPP_MIN_LOG_LEVEL": "0"}, Path("/team/.venv/bin/python"))
    assert found["PATH"] == "/team/.venv/bin:/usr/bin"
    assert found["PYTHONHASHSEED"] == "0"
    assert found["PYTHONDONTWRITEBYTECODE"] == "1"
    assert found["TF_CPP_MIN_LOG_LEVEL"] == "0"


def test_environments_are_kept_where_the_runner_keeps_tools() -> None:
    assert Environments.of_caller({"RUNNER_TOOL_CACHE": "/opt/tools"}).folder == Path(
        "/opt/tools/mlops-actions/environments"
    )
    assert Environments.of_caller({"XDG_CACHE_HOME": "/c"}).folder == Path("/c/mlops-actions/environments")
