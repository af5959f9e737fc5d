"""Which spans surround a prediction that was recorded otherwise, so that a span source does not count it again."""

from __future__ import annotations

import weakref
from collections import OrderedDict

from driftmeter.record import TraceLink

MAX_SPANS = 4096
NONE: frozenset[str] = frozenset()


class Surrounded:
    """Models of recorded predictions by the id of the span around them; bounded, the oldest is forgotten first.

    A span that ends hands what it surrounds on to the span around itself, so any number of spans may lie between.

    >>> spans = Surrounded()
    >>> spans.mark(7, frozenset({"air-time"}))
    >>> spans.leave(7, 5), spans.leave(5, None), spans.leave(5, None)
    (frozenset({'air-time'}), frozenset({'air-time'}), frozenset())

    """

    def __init__(self) -> None:
        self._models: OrderedDict[int, frozenset[str]] = OrderedDict()
        _asking.add(self)

    def mark(self, span_id: int, models: frozenset[str]) -> None:
        """Predictions of these models were recorded inside this span."""
        self._models[span_id] = self._models.get(span_id, NONE) | models
        if len(self._models) > MAX_SPANS:
            self._models.popitem(last=False)

    def leave(self, span_id: int, parent_id: int | None) -> frozenset[str]:
        """The models that were recorded inside a span that has ended; its parent now surrounds them."""
        models = self._models.pop(span_id, NONE) if self._models else NONE
        if models and parent_id is not None:
            self.mark(parent_id, models)
        return models


_asking: weakref.WeakSet[Surrounded] = weakref.WeakSet()


def anybody_asks() -> bool:
    """Whether there is a span source at all."""
    return len(_asking) > 0


def tell_span_sources(link: TraceLink | None, model: str) -> None:
    """Tell every span source that a prediction without a span of its own was recorded here."""
    if link is not None and anybody_asks():
        for spans in list(_asking):
            spans.mark(link.parent_span_id, frozenset({model}))
