import itertools

import pytest

from driftmeter import semconv
from driftmeter.semconv import Metric, Subject

NAMES = {key: value for key, value in vars(semconv).items() if key.isupper() and isinstance(value, str)}
SUBJECTS = [value for value in vars(semconv).values() if isinstance(value, Subject)]
METRICS = [
    *(value for value in vars(semconv).values() if isinstance(value, Metric)),
    *(part for subject in SUBJECTS for part in subject if isinstance(part, Metric)),
]


def test_no_name_is_used_twice():
    """Two facts under one name would be mixed in the backend; a duration is an attribute and a metric, by intent."""
    assert len(set(NAMES.values())) == len(NAMES)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


@pytest.mark.parametrize("name", [name for key, name in NAMES.items() if key not in {"SCOPE_NAME", "SCOPE_VERSION"}])
def test_names_are_ours_or_opentelemetrys(name):
    """Models are under `ml.`, the journal under our own name; what OpenTelemetry has a name for keeps it."""
    assert name.startswith(("ml.", "driftmeter.journal.")) or name in {"error.type", "event.name", "reason"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_metrics_say_what_they_are(metric):
    """Unit `1` becomes a `_ratio` on some routes, so counts carry braces; descriptions are sentences."""
    assert metric.name.startswith(("ml.", "driftmeter."))
    assert metric.unit in {"s", "By"} or (metric.unit.startswith("{") and metric.unit.endswith("}"))
    assert metric.description[0].isupper() or metric.description[0].isdigit()
    assert metric.description.endswith(".")


@pytest.mark.parametrize("boundaries", [semconv.DURATION_BOUNDARIES_S, semconv.LABEL_DELAY_BOUNDARIES_S])
def test_boundaries_rise(boundaries):
    """Or the SDK refuses the histogram."""
    assert all(low < high for low, high in itertools.pairwise(boundaries))


def test_features_and_outputs_are_watched_alike():
    """The same metrics, under the two names."""
    assert [metric.name.replace("feature", "output") for metric in semconv.FEATURE[1:]] == [
        metric.name for metric in semconv.OUTPUT[1:]
    ]
