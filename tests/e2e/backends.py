"""Questions to the real backends of a running stack: what did they keep?

An exporter that answers "flushed" has not proved that anything arrived, so tests ask here, and ask again until the
answer is there (`eventually`).
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import TypeVar

from stack import Stack

T = TypeVar("T")
Json = dict[str, object]


def eventually(ask: Callable[[], T], timeout_s: float = 30.0) -> T:
    """The first truthy answer of `ask`; AssertionError, with the last answer or error, when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            last: object = (answer := ask())
            if answer:
                return answer
        except (AssertionError, LookupError, urllib.error.URLError, OSError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing within {timeout_s:.0f} s; the last answer was {last!r}")
        time.sleep(0.2)


def logs_query(stack: Stack, query: str, limit: int = 1000) -> list[dict[str, str]]:
    """Log records of VictoriaLogs that match a LogsQL query, as flat fields: `"ml.prediction.id":"p-7"`."""
    lines = _get(f"{stack.victoria_logs}/select/logsql/query", {"query": query, "limit": str(limit)})
    return [json.loads(line) for line in lines.splitlines()]


def promql(stack: Stack, query: str) -> list[tuple[dict[str, str], float]]:
    """Labels and value now of each series that a PromQL query selects in VictoriaMetrics, points just sent included."""
    _flush(stack)
    answer = json.loads(_get(f"{stack.victoria_metrics}/api/v1/query", {"query": query}))
    return [(series["metric"], float(series["value"][1])) for series in answer["data"]["result"]]


def jaeger_trace(stack: Stack, trace_id: str) -> list[Json]:
    """The spans of one trace (32 hex digits) in Jaeger, in its JSON; empty while it does not know the trace."""
    try:
        answer = json.loads(_get(f"{stack.jaeger}/api/traces/{trace_id}"))
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return []
        raise
    return [span for trace in answer["data"] for span in trace["spans"]]


def span_tags(span: Json) -> dict[str, object]:
    """The attributes of one span of `jaeger_trace`."""
    tags = span["tags"]
    assert isinstance(tags, list)
    return {tag["key"]: tag["value"] for tag in tags}


def alerts(stack: Stack, name: str = "") -> list[dict[str, str]]:
    """The labels of the alerts that fire in vmalert now, all of them or those called `name`."""
    _flush(stack)
    answer = json.loads(_get(f"{stack.vmalert}/api/v1/alerts"))
    firing = [alert for alert in answer["data"]["alerts"] if alert["state"] == "firing"]
    return [alert["labels"] for alert in firing if name in ("", alert["name"])]


def _flush(stack: Stack) -> None:
    # VictoriaMetrics lets queries, those of vmalert too, see new series only after some seconds, or after this
    _get(f"{stack.victoria_metrics}/internal/force_flush")


def _get(url: str, parameters: Mapping[str, str] | None = None) -> str:
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    try:
        with urllib.request.urlopen(url + query, timeout=30) as reply:
            return str(reply.read().decode())
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise
