"""Real servers for tests: found or installed, started on loopback, stopped for certain."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

# program -> Debian package that brings it
PACKAGES = {
    "chromium": "chromium",
    "containerd": "containerd",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
    "npm": "npm",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "runc": "runc",
    "shellcheck": "shellcheck",
    "skopeo": "skopeo",
}
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # where Debian keeps some of them, missing from many users' PATH


class MissingProgramError(Exception):
    """A program that the tests need is not here and cannot be installed by us."""


def require(program: str) -> Path:
    """Return the path of a program; as root on Debian, install its package first if it is missing.

    Raises:
        MissingProgramError: it is missing; the message says how to get it.
    """
    if found := _which(program):
        return found
    package = PACKAGES[program]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingProgramError(
            f"The tests need `{program}`. On Debian or Ubuntu: `apt-get install {package}` as root; "
            "elsewhere install it by your system's own means and put it on PATH."
        )
    _install(package)
    if found := _which(program):
        return found
    raise MissingProgramError(f"The package {package} was installed, but brings no program `{program}`.")


def _which(program: str) -> Path | None:
    found = shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{SYSTEM_PATH}")
    return Path(found) if found else None


def _install(package: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    install = [*apt, "install", "-y", "--no-install-recommends", package]
    first = subprocess.run(install, env=environment, capture_output=True, text=True, check=False)
    if first.returncode == 0:
        return
    subprocess.run([*apt, "update"], env=environment, capture_output=True, text=True, check=False)
    second = subprocess.run(install, env=environment, capture_output=True, text=True, check=False)
    if second.returncode != 0:
        raise MissingProgramError(f"apt-get could not install {package}:\n{second.stdout}{second.stderr}")


def free_port() -> int:
    """Return a port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, *, seconds: float = 30) -> None:
    """Wait until a URL answers below 500; if the process ends or time runs out, raise with the end of its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=1).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer; the end of the log:\n{log.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def running(command: list[str], *, ready: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server, wait until `ready` answers, and stop it at the end of the block."""
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
    try:
        wait_for(ready, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def prometheus(
    folder: Path,
    targets: list[str] | dict[str, list[str]],
    *,
    scrape_interval: str = "1s",
    more: Mapping[str, object] | None = None,
) -> Iterator[str]:
    """Run a real Prometheus that scrapes `host:port` targets; yield its URL.

    Args:
        folder: empty folder for its configuration, data and log.
        targets: addresses of one job, or addresses by name of job.
        scrape_interval: as in prometheus.yml.
        more: further sections of prometheus.yml.
    """
    jobs = targets if isinstance(targets, dict) else {"model": targets}
    scrapes = [{"job_name": job, "static_configs": [{"targets": addresses}]} for job, addresses in jobs.items()]
    timing = {"scrape_interval": scrape_interval, "scrape_timeout": scrape_interval}
    configuration = folder / "prometheus.yml"
    configuration.write_text(json.dumps({"global": timing, "scrape_configs": scrapes, **(more or {})}))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    command = [
        str(require("prometheus")),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=warn",
    ]
    with running(command, ready=f"http://{address}/-/ready", log=folder / "prometheus.log"):
        yield f"http://{address}"
