"""Which model an estimator is: what it says of itself, what the loaded references say, what the settings say."""

from __future__ import annotations

import contextlib
import logging
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from driftmeter.pipeline import catalogue
from driftmeter.pipeline.catalogue import Defaults, KnownModel

NAME_ATTRIBUTE = "__ml_model_name__"
VERSION_ATTRIBUTE = "__ml_model_version__"

_PIPELINE_CLASS = "Pipeline"
_FRAMEWORK = "scikit-learn"
_BUILT_ON_SKLEARN = frozenset({"xgboost", "lightgbm"})

_log = logging.getLogger("driftmeter")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a record says of its model, found once per fitted estimator."""

    model: str
    version: str | None
    framework: str
    names: tuple[str, ...] | None
    """Names of the columns that the estimator was fitted on, if they had any."""
    classes: object
    """The estimator's `classes_`, as they are; read only on the worker."""
    settled: bool
    """False when another input might still tell which reference is this model's."""


class Identities:
    """The identity of each living estimator.

    Estimators are told apart as objects: they may be unhashable, or equal to others with the same parameters.
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[object], Identity]] = {}
        self._told: tuple[tuple[KnownModel, ...], Defaults] = (catalogue.known(), catalogue.defaults())
        self._missed: set[str] = set()

    def of(self, estimator: object, given: object) -> Identity:
        """The estimator's identity; `given`, its input, helps where the estimator does not know its own columns."""
        known, defaults = catalogue.known(), catalogue.defaults()
        if self._told[0] is not known or self._told[1] is not defaults:
            self._told = (known, defaults)
            self._found = {}
        found = self._found.get(id(estimator))
        if found is not None and found[0]() is estimator:
            return found[1]
        identity = identify(estimator, given)
        if identity.settled:
            self._remember(estimator, identity)
            self._tell_what_misses(identity)
        return identity

    def forget(self, estimator: object) -> None:
        """Look again at the next call: the estimator was fitted."""
        self._found.pop(id(estimator), None)

    def _remember(self, estimator: object, identity: Identity) -> None:
        table, key = self._found, id(estimator)
        table[key] = (weakref.ref(estimator, lambda _: table.pop(key, None)), identity)

    def _tell_what_misses(self, identity: Identity) -> None:
        """Say, once for each reference, that it is not this model's by a column or two: nothing is counted then."""
        names = set(identity.names or ())
        for reference in self._told[0] if _named(identity.model) is None else ():
            inputs = set(reference.inputs)
            if inputs != names and inputs & names and reference.name not in self._missed:
                self._missed.add(reference.name)
                with contextlib.suppress(Exception):  # the handlers that get this are the user's
                    _log.warning(
                        "%s is not taken for %s: the reference alone has %s, the estimator alone %s; "
                        "build the reference of the estimator's columns, or set model_name",
                        identity.model, reference.name, sorted(inputs - names), sorted(names - inputs),
                    )  # fmt: skip


def identify(estimator: object, given: object = None) -> Identity:
    """Find name, version, framework and columns.

    The name is the attribute `__ml_model_name__` of the estimator; else that of the one reference whose input names
    are the estimator's (for an estimator without names and a single reference: whose number of inputs is); else
    `model_name` of the settings; else the class, for a pipeline with that of its last step. The version is the
    attribute `__ml_model_version__`, else the reference's, else `model_version` of the settings.
    """
    defaults = catalogue.defaults()
    names, width = _names(_attribute(estimator, "feature_names_in_")), _attribute(estimator, "n_features_in_")
    own_name, own_version = _attribute(estimator, NAME_ATTRIBUTE), _attribute(estimator, VERSION_ATTRIBUTE)
    if own_name is not None:
        reference = _named(str(own_name))
    elif names is None and width is None:  # an estimator of the user's own often remembers neither
        reference = _fitting(*_columns_of(given)) or _named(defaults.model_name)
    else:
        reference = _fitting(names, width) or _named(defaults.model_name)
    if own_name is None:
        own_name = reference.name if reference is not None else defaults.model_name or _class_name(estimator)
    if own_version is None:
        own_version = (reference.version if reference is not None else None) or defaults.model_version
    return Identity(
        model=str(own_name),
        version=None if own_version is None else str(own_version),
        framework=_framework(type(estimator)),
        names=names,
        classes=_attribute(estimator, "classes_"),
        settled=reference is not None or names is not None or width is not None or not catalogue.known(),
    )


def _attribute(estimator: object, name: str) -> object:
    """Fitted attributes are often properties of other people's classes, which may raise anything."""
    try:
        return getattr(estimator, name, None)
    except Exception:  # noqa: BLE001
        return None


def _names(given: object) -> tuple[str, ...] | None:
    return None if given is None else tuple(str(name) for name in cast("Iterable[object]", given))


def _columns_of(given: object) -> tuple[tuple[str, ...] | None, object]:
    row = given[0] if isinstance(given, list) and given else given
    names = _names(row if isinstance(row, Mapping) else _attribute(given, "columns"))
    shape = _attribute(given, "shape")
    return names, shape[1] if isinstance(shape, tuple) and len(shape) == 2 else None


def _named(name: str | None) -> KnownModel | None:
    return next((model for model in catalogue.known() if model.name == name), None)


def _fitting(names: tuple[str, ...] | None, width: object) -> KnownModel | None:
    known = catalogue.known()
    if names is not None:
        fitting = [model for model in known if set(model.inputs) == set(names)]
        return fitting[0] if len(fitting) == 1 else None
    return known[0] if len(known) == 1 and len(known[0].inputs) == width else None


def _class_name(estimator: object) -> str:
    name = type(estimator).__name__
    if name != _PIPELINE_CLASS:
        return name
    steps = cast("list[tuple[str, object]]", _attribute(estimator, "steps") or ())
    return f"{name}({type(steps[-1][1]).__name__})" if steps else name


def _framework(kind: type) -> str:
    packages = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return next((package for package in packages if package in _BUILT_ON_SKLEARN), _FRAMEWORK)
