"""Which room may import which: the drawing in `docs/architecture.md`, as a test."""

import ast
import functools
import graphlib
import importlib
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import driftmeter

SOURCE = Path(driftmeter.__file__).parent
BASE = {"aloud", "forking", "threads", "text", "semconv", "columns", "record"}
DURABLE = {"journal", "otlp", "delivery"}
ENGINE = (
    BASE
    | DURABLE
    | {"stats", "drift", "decay", "capture", "plain", "pipeline", "sinks", "sources", "resources", "settings"}
)
MAY_IMPORT = {
    "aloud": set(),
    "forking": set(),
    "threads": set(),
    "text": set(),
    "version": set(),
    "semconv": {"version"},
    "stats": set(),
    "columns": {"text"},
    "record": {"columns", "text"},
    "capture": {"text"},
    "plain": set(),
    "settings": {"capture", "semconv", "text"},
    "drift": {"stats", "record", "columns", "text", "threads"},
    "decay": {"stats", "drift", "record", "columns"},
    "pipeline": {"aloud", "forking", "threads", "record", "columns"},
    "resources": {"semconv"},
    "journal": {"forking", "threads", "pipeline"},
    "otlp": {"forking", "semconv"},
    "delivery": {"forking", "threads", "journal", "otlp", "pipeline", "semconv"},
    "sinks": {"pipeline", "drift", "decay", "capture", "plain", "journal", "otlp", *BASE},
    "sources": {"pipeline", *BASE},
    "otel": ENGINE,
    "doors": {"otel", *ENGINE},
    "assembly": {"doors", "otel", *ENGINE},
    "runtime": {"assembly", "doors", "otel", *ENGINE},
    "testing": {"pipeline", "otlp", *BASE},
    "view": {"face", "testing", "runtime", "assembly", "otel", "demo", *ENGINE},
    "demo": {"face", "testing", "runtime", "assembly", "otel", *ENGINE},
    "cli": {"face", "testing", "runtime", "assembly", "otel", "demo", "view", *ENGINE},
    "face": {"forking", "version"},
}
MAY_IMPORT_THE_SDK = {"otel", "testing"}
LAZILY_UPWARD = {
    ("otel/instrumentor.py", "face"),  # the program's first contact with driftmeter, when nothing else is loaded
}
PROJECT = Path(__file__).parents[1] / "pyproject.toml"
OLDEST = PROJECT.parent / ".ci" / "oldest.txt"
EXTRAS = {"cli": {"cli"}, "view": {"cli"}, "demo": {"cli", "demo"}}
DISTRIBUTION = {
    "google.protobuf": "protobuf",
    "google.rpc": "googleapis-common-protos",
    "grpc": "grpcio",
    "joblib": "scikit-learn",  # which stores models with it
    "opentelemetry": "opentelemetry-api",  # whose packages pin one another
    "sklearn": "scikit-learn",
    "urllib3": "requests",  # whose connections it makes
}
NEWER_STANDARD_LIBRARY = {"annotationlib"}  # of Python 3.14
FILES = sorted(SOURCE.rglob("*.py"))


def room_of(path):
    first = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return "face" if first == "__init__" else first


@functools.cache
def imports(path):
    """The modules that a file imports, inside functions too, but not those that only type checkers see."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def rooms(path):
    """The rooms that a file imports; the public face is one."""
    for module in imports(path):
        top, _, rest = module.partition(".")
        if top == "driftmeter":
            room = rest.partition(".")[0]
            yield room if room in MAY_IMPORT else "face"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_room_imports_upward(path):
    """A new import that breaks this needs another place, or a new drawing."""
    room, name = room_of(path), str(path.relative_to(SOURCE))
    upward = {other for other in rooms(path) if other != room and other not in MAY_IMPORT[room]}
    assert upward - {other for file, other in LAZILY_UPWARD if file == name} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_one_room_needs_the_sdk(path):
    """Everything else speaks to OpenTelemetry's API alone."""
    found = [module for module in imports(path) if module.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))]
    assert not found or room_of(path) in MAY_IMPORT_THE_SDK


def declared(*extras):
    """The distributions that an installation with these extras brings along."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    asked = sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"])
    return {re.split(r"[<>=~!;\[ ]", line)[0] for line in asked}


def distributions(path):
    """The distributions whose modules a file imports."""
    for module in imports(path):
        names = module.split(".")
        if names[0] not in sys.stdlib_module_names | NEWER_STANDARD_LIBRARY | {"driftmeter"}:
            yield DISTRIBUTION.get(names[0]) or DISTRIBUTION.get(".".join(names[:2]), names[0])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_what_is_imported_is_asked_for(path):
    """By ourselves: what another distribution brings along may be gone with its next release."""
    assert set(distributions(path)) <= declared(*EXTRAS.get(room_of(path), ()))


def test_the_oldest_versions_are_those_that_are_asked_for():
    """CI tries them; those of extras and of OpenTelemetry's other packages stand there beside them."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    tried = dict(re.findall(r"^([\w-]+)==([\w.]+)", OLDEST.read_text(encoding="utf-8"), re.MULTILINE))
    for line in project["dependencies"] + project["optional-dependencies"]["cli"]:
        name, version = line.split(">=")
        assert tried[name] == version or tried[name].startswith(f"{version}."), name


def test_every_room_has_its_row():
    """And the table has no circles."""
    assert {room_of(path) for path in FILES} == set(MAY_IMPORT)
    order = list(graphlib.TopologicalSorter(MAY_IMPORT).static_order())
    assert len(order) == len(MAY_IMPORT)


def test_exceptions_are_needed():
    """One that nobody uses any more must go."""
    assert all(room in set(rooms(SOURCE / file)) for file, room in LAZILY_UPWARD)


def test_the_face_imports_nothing_of_its_own():
    """Each name is looked up when it is asked for; only hooks of forks must be there before the program's own."""
    face = {"driftmeter.forking", "driftmeter.version.__version__"}
    tops = {module.partition(".")[0] for module in imports(SOURCE / "__init__.py") if module not in face}
    assert tops <= set(sys.stdlib_module_names)


def test_public_names_are_those_that_are_promised():
    """Bound, listed, found by `dir`, and known to type checkers alike."""
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    checked = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("driftmeter")
        for alias in node.names
    }
    promised = set(driftmeter.__all__)
    assert promised == {"__version__", "testing", *driftmeter._HOMES} == {"__version__", *checked}
    assert promised <= set(dir(driftmeter))
    assert all(getattr(driftmeter, name) is not None for name in promised)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = driftmeter.nothing


DOORS = [
    path for path in FILES if path.name == "__init__.py" and "__all__" in path.read_text() and path.parent != SOURCE
]


@pytest.mark.parametrize("path", DOORS, ids=lambda path: path.parent.name)
def test_rooms_list_what_their_door_shows(path):
    """`__all__` is neither longer nor shorter than what is bound there."""
    module = importlib.import_module(".".join(path.parent.relative_to(SOURCE.parent).parts))
    own = {name: value for name, value in vars(module).items() if not name.startswith("_") and name != "annotations"}
    shown = {
        name
        for name, value in own.items()
        if not isinstance(value, ModuleType) and getattr(value, "__module__", "driftmeter").startswith("driftmeter")
    }
    assert shown <= set(module.__all__) <= set(own)
