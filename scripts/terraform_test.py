"""Apply terraform/environments/staging to a local stand-in of AWS (moto): apply, an empty second plan, destroy.

Needs terraform on PATH. TF_PLUGIN_DIR names a folder of providers for machines that cannot reach the provider registry.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROVIDER = """
provider "aws" {{
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  endpoints {{
    ecr = "{url}"
    iam = "{url}"
    s3  = "{url}"
    sts = "{url}"
  }}
}}
"""
VARIABLES = {
    "model": "flights",
    "bucket": "flights-bundles",
    "owner": "owner",
    "owner_id": "1",
    "repository": "flights",
    "repository_id": "2",
}


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """Start moto's server on loopback and yield its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "uv",
        "run",
        "--no-project",
        "--with",
        "moto[server,ecr,iam,s3]",
        "moto_server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Wait until something listens on a port of loopback."""
    for _ in range(120):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.5)
    raise SystemExit("moto did not start within a minute")


def terraform(folder: Path, *arguments: str) -> int:
    """Run terraform in a folder and return its exit code."""
    environment = {
        **os.environ,
        **{f"TF_VAR_{name}": value for name, value in VARIABLES.items()},
        "TF_IN_AUTOMATION": "1",
    }
    return subprocess.run(["terraform", *arguments], cwd=folder, env=environment, check=False).returncode


def main() -> None:
    """Exit 0 if every step did what it should."""
    if not shutil.which("terraform"):
        raise SystemExit("terraform is not on PATH: install it, then run this again.")
    plugins = [f"-plugin-dir={os.environ['TF_PLUGIN_DIR']}"] if "TF_PLUGIN_DIR" in os.environ else []
    with tempfile.TemporaryDirectory() as temporary, moto() as url:
        shutil.copytree(ROOT / "terraform", temporary, dirs_exist_ok=True)
        folder = Path(temporary) / "environments" / "staging"
        (folder / "provider.tf").write_text(PROVIDER.format(url=url))
        steps = [
            ("fmt", "-check", "-recursive", str(ROOT / "terraform")),
            ("init", *plugins),
            ("validate",),
            ("apply", "-auto-approve"),
            ("plan", "-detailed-exitcode"),
            ("destroy", "-auto-approve"),
        ]
        failed = [step[0] for step in steps if terraform(folder, *step) != 0]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
