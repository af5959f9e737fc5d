"""The build of the real components, with a Go that only pretends: what is kept, what is refused, what is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import build

NAMES = [component.name for component in build.COMPONENTS]

FAKE_GO = """#!/bin/sh
case "$1" in
  env) echo go1.26.0 ;;
  mod) echo '{"Dir": "."}' ;;
  run) echo "builder wrote the sources" ;;
  build)
    echo "compiling with $GOFLAGS, workspace $GOWORK, toolchain $GOTOOLCHAIN"
    while [ "$1" != -o ]; do shift; done
    case "$2" in
      */BROKEN) echo half > "$2"; echo "undefined: something" >&2; exit 1 ;;
      *) echo whole > "$2" ;;
    esac ;;
esac
"""


def pretend_go(folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str = "none") -> Path:
    """A `go` on PATH that writes a file for each build, and fails for the component called `broken`."""
    go = folder / "bin" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO.replace("BROKEN", broken))
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DRIFTMETER_TOOLS_DIR", str(folder / "tools"))
    monkeypatch.setattr(sys, "argv", ["build.py"])
    return folder / "tools"


def test_every_component_is_built_into_its_place(tmp_path, monkeypatch):
    """One run leaves all binaries, and nothing half-made, in the cache."""
    tools = pretend_go(tmp_path, monkeypatch)
    assert build.main() == 0
    assert all(build.binary(name).read_text() == "whole\n" for name in NAMES)
    assert not [path for path in tools.iterdir() if path.name.startswith(".") and path.is_dir()]


def test_what_is_there_is_not_built_again(tmp_path, monkeypatch):
    """A second run keeps each binary as it is, without a Go at all."""
    pretend_go(tmp_path, monkeypatch)
    assert build.main() == 0
    for name in NAMES:
        build.binary(name).write_text("kept")
    (tmp_path / "bin" / "go").unlink()
    assert build.main() == 0
    assert all(build.binary(name).read_text() == "kept" for name in NAMES)


@pytest.mark.parametrize("broken", NAMES)
def test_failed_build_is_named_with_its_end_and_leaves_no_binary(tmp_path, monkeypatch, capsys, broken):
    """One component that does not compile fails the run, loudly, but not the others."""
    pretend_go(tmp_path, monkeypatch, broken)
    assert build.main() == 1
    said = capsys.readouterr().err
    assert f"{broken} " in said
    assert "undefined: something" in said
    assert [name for name in NAMES if not build.binary(name).exists()] == [broken]


def test_settings_of_the_caller_do_not_reach_the_build(tmp_path, monkeypatch):
    """GOFLAGS and the like of a developer's shell change nothing."""
    tools = pretend_go(tmp_path, monkeypatch)
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOWORK", "/some/go.work")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    assert build.main() == 0
    said = "compiling with -buildvcs=false, workspace off, toolchain local"
    assert all(said in (tools / f"{name}.log").read_text() for name in NAMES)


def test_collector_of_another_component_list_has_another_place(tmp_path, monkeypatch):
    """A changed builder.yaml is not answered with the Collector of the old one; nothing else moves."""
    before = {name: build.binary(name) for name in NAMES}
    changed = tmp_path / "builder.yaml"
    changed.write_text(build.BUILDER_YAML.read_text() + "# one more\n")
    monkeypatch.setattr(build, "BUILDER_YAML", changed)
    assert [name for name in NAMES if build.binary(name) != before[name]] == ["otelcol"]


def test_print_answers_with_the_path_alone(tmp_path, monkeypatch, capsys):
    """Scripts can ask where a binary is."""
    monkeypatch.setenv("DRIFTMETER_TOOLS_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["build.py", "--print", "vmalert"])
    assert build.main() == 0
    assert capsys.readouterr().out == f"{tmp_path}/vmalert-1.140.0/vmalert\n"


def test_cache_follows_xdg_when_not_told_otherwise(tmp_path, monkeypatch):
    """Without a folder of our own the user's cache is used, never the repository."""
    monkeypatch.delenv("DRIFTMETER_TOOLS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.tools_dir() == tmp_path / "driftmeter" / "tools"
