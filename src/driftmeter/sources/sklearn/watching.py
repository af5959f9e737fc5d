"""What stands in for an estimator's methods: the outermost prediction is recorded, training is left in peace.

The replacements close over the original alone and reach everything else by name, so that a class of the user's own
that cloudpickle writes out by value, with them in it, can still be pickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

from driftmeter.pipeline import Guard, current
from driftmeter.sources.call import surrounding
from driftmeter.sources.sklearn.call import EstimatorCall
from driftmeter.sources.sklearn.identity import Identities
from driftmeter.sources.sklearn.patches import Function, Patches, Wrap

RECORDED = ("predict", "predict_proba", "predict_log_proba", "decision_function")
TRAINING = ("fit", "partial_fit", "fit_predict", "fit_transform")
"""They may predict, but only to learn; afterwards the estimator is another model."""
SCORING = ("score",)

patches = Patches()
_identities = Identities()
_quiet: ContextVar[bool] = ContextVar("driftmeter_sklearn_quiet", default=False)
_guard = Guard()  # for faults before there is a pipeline


def watch(kind: type) -> None:
    """Watch the methods of a class of estimators, wherever among its bases they are defined; never raises."""
    try:
        for name in RECORDED:
            _wrap_defined(kind, name, recording(name))
        for name in TRAINING:
            _wrap_defined(kind, name, training)
        for name in SCORING:
            _wrap_defined(kind, name, quieting)
    except Exception as fault:  # noqa: BLE001  # a strange class must not fail to be defined
        contain(fault)


def _wrap_defined(kind: type, name: str, wrap: Wrap) -> None:
    owner = next((base for base in kind.__mro__ if name in vars(base)), None)
    if owner is not None:
        patches.wrap(owner, name, wrap)


def recording(operation: str) -> Wrap:
    """Make functions recorded as this operation."""

    def wrap(original: Function) -> Function:
        def watched(self: object, /, *args: object, **kwargs: object) -> object:
            return recorded(original, operation, self, args, kwargs)

        return watched

    return wrap


def training(original: Function) -> Function:
    """Let nothing inside be recorded, and look at the estimator anew afterwards."""

    def watched(self: object, /, *args: object, **kwargs: object) -> object:
        return trained(original, self, args, kwargs)

    return watched


def quieting(original: Function) -> Function:
    """Let nothing inside be recorded."""

    def watched(self: object, /, *args: object, **kwargs: object) -> object:
        return quietly(original, self, args, kwargs)

    return watched


def recorded(
    original: Function, operation: str, estimator: object, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> object:
    """Call the method, recorded if it is the outermost one: same result, same exception."""
    if surrounding() is not None or _quiet.get() or not patches.applied:
        return original(estimator, *args, **kwargs)
    call = _opened(operation, estimator, args[0] if args else kwargs.get("X"))
    if call is None:
        return original(estimator, *args, **kwargs)
    try:
        answer = original(estimator, *args, **kwargs)
    except BaseException as error:
        call.__exit__(None, error, None)
        raise
    call.answer(answer)
    call.__exit__(None, None, None)
    return answer


def trained(original: Function, estimator: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
    """Call the method, record no prediction inside of it, and forget what the estimator was before."""
    try:
        return quietly(original, estimator, args, kwargs)
    finally:
        _identities.forget(estimator)


def quietly(original: Function, owner: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> object:
    """Call the method, and record no prediction inside of it."""
    token = _quiet.set(True)
    try:
        return original(owner, *args, **kwargs)
    finally:
        _quiet.reset(token)


def _opened(operation: str, estimator: object, inputs: object) -> EstimatorCall | None:
    try:
        # Built before the call looks for it, and before the catalogue is asked: building announces the models.
        current.pipeline()
        call = EstimatorCall(_identities.of(estimator, inputs), operation, inputs)
        call.__enter__()
    except Exception as fault:  # noqa: BLE001  # the model answers, whatever becomes of telemetry
        contain(fault)
        return None
    return call


def contain(fault: Exception) -> None:
    """Count a fault of this source."""
    pipeline = current.installed()
    (pipeline.guard if pipeline is not None else _guard).contain("sources.sklearn", fault)
