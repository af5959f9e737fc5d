"""How many series of one metric a provider tells apart; the SDK adds up what comes later as `otel.metric.overflow`."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Iterator
from typing import Any, Final

from opentelemetry.metrics import MeterProvider, Observation
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics import ObservableCounter, ObservableGauge
from opentelemetry.sdk.metrics.view import View

from driftmeter import semconv

MOST_SERIES: Final = 100_000
"""Of one metric of ours, where the provider is: 200 columns in three windows, for the whole and ten slices."""

SDK_SERIES: Final = 2000
"""Of one metric, unless a provider was told otherwise: less than the bins of 200 columns."""

OBSERVED: Final = (ObservableCounter, ObservableGauge)

_TAKES_LIMIT: Final = "aggregation_cardinality_limit" in inspect.signature(View).parameters
"""The first versions of the SDK that we run on have no limit."""

_log = logging.getLogger("driftmeter")


def views() -> list[View]:
    """What a provider of ours is told about what driftmeter observes; the user's own instruments stay as they are."""
    if not _TAKES_LIMIT:
        return []
    limit: dict[str, Any] = {"aggregation_cardinality_limit": MOST_SERIES}
    return [View(instrument_type=kind, meter_name=semconv.SCOPE_NAME, **limit) for kind in OBSERVED]


def most_series(provider: MeterProvider | None, *, own: bool) -> int | None:
    """How many series of one observed metric a provider tells apart; None where there is no limit or none is known."""
    if not isinstance(provider, SdkMeterProvider) or not _TAKES_LIMIT:
        return None
    if own:
        return MOST_SERIES
    try:
        readers = provider._metric_readers  # noqa: SLF001  # the SDK has no public way
        told = [limit for reader in readers for limit in reader._instrument_class_cardinality_limit.items()]  # noqa: SLF001
    except AttributeError:
        return SDK_SERIES
    return min((limit for kind, limit in told if issubclass(kind, OBSERVED)), default=None)


class SeriesLimit:
    """Says once that a metric has more series than its provider tells apart, and what to do about it.

    Args:
        most: as `most_series` has it.

    """

    def __init__(self, most: int | None) -> None:
        self._most = most

    def watched(self, metric: str, observations: Iterable[Observation]) -> Iterator[Observation]:
        """The same observations."""
        seen = 0
        for seen, observation in enumerate(observations, 1):  # noqa: B007  # is asked for when all have gone
            yield observation
        if self._most is not None and seen > self._most:
            _log.warning(
                "%s has %d series, of which OpenTelemetry keeps %d apart and adds up the rest as otel.metric.overflow:"
                " its values are wrong there. Watch fewer columns, slices or versions, or give the metric reader of"
                " your MeterProvider cardinality_limits for ObservableCounter and ObservableGauge",
                metric, seen, self._most,
            )  # fmt: skip
            self._most = None
