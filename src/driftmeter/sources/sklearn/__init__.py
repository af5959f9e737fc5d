"""Zero-code scikit-learn: every estimator class is watched as it is created, also those of users and other libraries.

Importing this package imports nothing of scikit-learn; `install` is given its modules after they were imported.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from driftmeter.sources.sklearn.watching import contain, patches, quieting, watch

_HOOK = "__init_subclass__"
_hooked: dict[type, object] = {}
"""Classes whose subclasses are watched, with the hook of their own that ours took the place of."""


def install(module: ModuleType) -> None:
    """Watch what one imported module of scikit-learn defines; never raises, and the second time it does nothing."""
    try:
        if module.__name__ == "sklearn.base":
            _watch_all(module.BaseEstimator)
        elif module.__name__ == "sklearn.utils.parallel":
            # Threads of joblib do not inherit the context in which the outermost call is known.
            patches.wrap(module._FuncWrapper, "__call__", quieting)  # noqa: SLF001
        else:
            for scorer in (module._BaseScorer, module._MultimetricScorer):  # noqa: SLF001
                patches.wrap(scorer, "__call__", quieting)
    except Exception as fault:  # noqa: BLE001  # another release of scikit-learn must import all the same
        contain(fault)


def uninstall() -> None:
    """Put every original back."""
    for base, original in _hooked.items():
        if original is None:
            delattr(base, _HOOK)
        else:
            setattr(base, _HOOK, original)
    _hooked.clear()
    patches.undo()


def _watch_all(base: type) -> None:
    if base not in _hooked:
        _hooked[base] = original = vars(base).get(_HOOK)
        setattr(base, _HOOK, classmethod(_watching_creation(base, original)))
    _watch_existing(base)


def _watching_creation(base: type[object], original: object) -> Callable[..., None]:
    def watching(cls: type[object], **kwargs: object) -> None:
        """As the hook that it stands for; then the new class is watched, too."""
        if isinstance(original, classmethod):
            original.__func__(cls, **kwargs)
        else:
            super(base, cls).__init_subclass__(**kwargs)  # type: ignore[misc]  # of a class only known later
        watch(cls)

    return watching


def _watch_existing(base: type) -> None:
    watch(base)
    subclasses: list[type] = type.__subclasses__(base)
    for kind in subclasses:
        _watch_existing(kind)
