"""The target `local`: servers on loopback behind the weighted router, on the machine that runs the command."""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import requests

import mlops_actions
from mlops_actions.config.models import DeploySection
from mlops_actions.deploy import probe, processes
from mlops_actions.deploy.processes import LOOPBACK, Kind, Running
from mlops_actions.deploy.program import Programs
from mlops_actions.deploy.route import TOKEN_FILE, TOKEN_HEADER, Route
from mlops_actions.deploy.words import complaints
from mlops_actions.errors import OutsideError
from mlops_actions.files import write_text
from mlops_actions.release.endpoints import write_endpoints
from mlops_actions.release.record import Release
from mlops_actions.release.target import TargetStatus, Track

ADMIN_SECONDS = 15
SOURCES = str(Path(mlops_actions.__file__).parents[1])


class LocalTarget:
    """Runs releases as processes; they go on when the command ends, unless they are tied to it.

    Args:
        folder: the environment's folder; route, token, logs and the list of endpoints live there.
        settings: port, time to become ready, replay.
        programs: finds the server of an artifact.
        environment: variables that every program gets; nothing else reaches them.
        parent: process whose end ends them all; None: they stay until `mlops down`.
        replay_rows: Parquet file of rows to send while a release is on trial; None for none.
    """

    def __init__(
        self,
        folder: Path,
        settings: DeploySection,
        *,
        programs: Programs,
        environment: Mapping[str, str],
        parent: int | None = None,
        replay_rows: Path | None = None,
    ) -> None:
        self._folder, self._settings, self._programs = folder.resolve(), settings, programs
        self._environment, self._parent, self._replay_rows = dict(environment), parent, replay_rows

    def apply(self, release: Release, track: Track) -> None:
        """Run a release on a track and wait until it is ready and reproduces its golden rows; traffic is not moved."""
        self._ensure_router()
        server = self._server(release, track) or self._start_server(release, track)
        try:
            self._wait(server, release, track)
        except OutsideError:
            processes.stop([server])
            raise
        self._route(self._current().model_copy(update={str(track): server.url}))
        processes.stop([other for other in self._servers(track) if other.process != server.process])
        self._publish()

    def set_weight(self, canary_percent: int) -> None:
        """Send this percentage of traffic to the canary, the rest to stable; replayed traffic flows while it is not zero."""
        self._route(self._current().model_copy(update={"canary_weight": canary_percent}))
        if canary_percent:
            self._ensure_replay()
        else:
            self._stop(Kind.REPLAY)

    def restore(self, release: Release | None) -> None:
        """Make `release` serve all traffic on stable, then remove the canary."""
        if release is None or self._server(release, Track.CANARY) is None:
            self.set_weight(0)  # a suspect canary loses its traffic before anything else
        if release is not None:
            self.apply(release, Track.STABLE)
        self._stop(Kind.REPLAY)
        stable = self._current().stable if release is not None else None
        if self._programs_of(Kind.ROUTER):
            self._route(Route(stable=stable))
        processes.stop(self._servers(Track.CANARY))
        if release is None:
            processes.stop(self._servers(Track.STABLE))
        self._publish()

    def down(self) -> int:
        """Stop everything and return how many programs that were."""
        programs = processes.running(self._folder)
        for kind in (Kind.REPLAY, Kind.ROUTER, Kind.SERVER):
            processes.stop([program for program in programs if program.kind is kind])
        Route().write(self._folder)
        self._publish()
        return len(programs)

    def status(self) -> TargetStatus:
        """Say what runs now."""
        programs = processes.running(self._folder)
        servers = {Track(one.options["--track"]): one for one in programs if one.kind is Kind.SERVER}
        routers = [one for one in programs if one.kind is Kind.ROUTER]
        return TargetStatus(
            url=routers[0].url if routers else "",
            releases={track: int(server.options["--release"]) for track, server in servers.items()},
            ready={track: not probe.missing(server.url) for track, server in servers.items()},
            canary_weight=Route.read(self._folder).canary_weight,
            metrics_urls={track: [f"{server.url}/metrics"] for track, server in servers.items()},
        )

    def explain(self, track: Track) -> list[str]:
        """Return why a track's requests were refused or failed, in its server's own words."""
        logs = sorted((self._folder / "logs").glob(f"*-{track}.log"), key=lambda log: log.stat().st_mtime)
        return complaints(logs[-1]) if logs else []

    def _start_server(self, release: Release, track: Track) -> Running:
        program = self._programs(release.artifact)
        options = {
            "--host": LOOPBACK,
            "--port": str(processes.free_port()),
            "--release": str(release.id),
            "--track": str(track),
            "--drain-seconds": "0",  # the router has sent the last request before a server is told to end
        }
        environment = {**self._environment, **program.environment}
        return self._start(Kind.SERVER, program.argv, options, environment, self._log(f"{release.id}-{track}"))

    def _wait(self, server: Running, release: Release, track: Track) -> None:
        log = self._log(f"{release.id}-{track}")
        processes.wait_until(
            lambda: probe.missing(server.url),
            server.process,
            name=f"Release {release.id} on track {track}",
            log=log,
            seconds=self._settings.ready_seconds,
        )
        wrong = probe.mismatch(server.url, self._programs(release.artifact).golden)
        if wrong:
            raise OutsideError(
                f"Release {release.id} does not reproduce its golden rows: {wrong}.",
                why="the image was built for another machine, or is damaged.",
                fix="run build-push again on this kind of machine.",
            )

    def _ensure_router(self) -> None:
        found = self._programs_of(Kind.ROUTER)
        if found and self._settings.port in {0, int(found[0].options["--port"])}:
            return
        processes.stop(found)
        port = self._settings.port or processes.free_port()
        processes.check_free(port)
        write_text(self._folder / TOKEN_FILE, secrets.token_hex(32) + "\n")
        options = {
            "--port": str(port),
            "--admin-port": str(processes.free_port()),
            "--folder": str(self._folder),
        }
        argv = [sys.executable, "-P", "-m", "mlops_actions.deploy.router"]
        router = self._start(Kind.ROUTER, argv, options, self._own_environment(), self._log("router"))
        processes.wait_until(
            lambda: self._asked(router, "GET", "/status"),
            router.process,
            name="The router",
            log=self._log("router"),
            seconds=self._settings.ready_seconds,
        )

    def _ensure_replay(self) -> None:
        if self._replay_rows is None or not self._settings.replay_per_second or self._programs_of(Kind.REPLAY):
            return
        options = {
            "--rows": str(self._replay_rows.resolve()),
            "--url": f"{self.status().url}/predict",
            "--per-second": str(self._settings.replay_per_second),
            "--folder": str(self._folder),
        }
        argv = [sys.executable, "-P", "-m", "mlops_actions.deploy.replay"]
        self._start(Kind.REPLAY, argv, options, self._own_environment(), self._log("replay"))

    def _start(
        self, kind: Kind, argv: list[str], options: dict[str, str], environment: Mapping[str, str], log: Path
    ) -> Running:
        tie = ["--exit-with-parent", str(self._parent)] if self._parent else []
        words = [word for pair in options.items() for word in pair]
        return Running(kind, options, processes.start([*argv, *words, *tie], environment, log))

    def _route(self, route: Route) -> None:
        """Write the route and wait until the router follows it and has finished what it began on the old one."""
        route.write(self._folder)
        for router in self._programs_of(Kind.ROUTER):
            problem = self._asked(router, "POST", "/reload")
            if problem:
                raise OutsideError(
                    f"The router did not take the new route: {problem}.",
                    why="it hangs.",
                    fix="run `mlops down`, then deploy again.",
                )

    def _asked(self, router: Running, method: str, path: str) -> str:
        """Return why the router did not do what it was asked; empty when it did."""
        url = f"http://{LOOPBACK}:{router.options['--admin-port']}{path}"
        token = (self._folder / TOKEN_FILE).read_text(encoding="utf-8").strip()
        try:
            answer = requests.request(method, url, headers={TOKEN_HEADER: token}, timeout=ADMIN_SECONDS)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__})"
        return "" if answer.status_code == requests.codes.ok else answer.text[:300]

    def _current(self) -> Route:
        """Return the route without servers that are gone."""
        route = Route.read(self._folder)
        urls = {server.url for server in self._programs_of(Kind.SERVER)}
        alive = {track: url for track in Track if (url := getattr(route, track)) in urls}
        return Route(stable=alive.get(Track.STABLE), canary=alive.get(Track.CANARY), canary_weight=route.canary_weight)

    def _publish(self) -> None:
        write_endpoints(self._folder.parent, self.status().metrics_urls)

    def _server(self, release: Release, track: Track) -> Running | None:
        return next((one for one in self._servers(track) if one.options["--release"] == str(release.id)), None)

    def _servers(self, track: Track) -> list[Running]:
        return [server for server in self._programs_of(Kind.SERVER) if server.options["--track"] == track]

    def _programs_of(self, kind: Kind) -> list[Running]:
        return [program for program in processes.running(self._folder) if program.kind is kind]

    def _stop(self, kind: Kind) -> None:
        processes.stop(self._programs_of(kind))

    def _own_environment(self) -> dict[str, str]:
        return {**self._environment, "PYTHONPATH": SOURCES}

    def _log(self, name: str) -> Path:
        return self._folder / "logs" / f"{name}.log"
