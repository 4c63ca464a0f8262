"""The real docker-registry on loopback."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from servers import free_port, require, running

USER, PASSWORD = "robot", "not-a-secret"
# bcrypt of the password above, as htpasswd -B writes it
HTPASSWD = "robot:$2b$04$htQJ8JJnq1IcDrIJx4JcG.lIvn02Cc1FlvKxYuPLI.QlyNcEqcgNS\n"


@contextlib.contextmanager
def registry(folder: Path, *, login: bool = False) -> Iterator[str]:
    """Run a registry that keeps its blobs below a folder; yield its host and port."""
    address = f"127.0.0.1:{free_port()}"
    configuration: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}, "delete": {"enabled": True}},
        "http": {"addr": address},
    }
    if login:
        (folder / "htpasswd").write_text(HTPASSWD)
        configuration["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
    path = folder / "registry.yml"
    path.write_text(json.dumps(configuration))  # JSON is YAML
    command = [str(require("docker-registry")), "serve", str(path)]
    with running(command, ready=f"http://{address}/", log=folder / "registry.log"):
        yield address
