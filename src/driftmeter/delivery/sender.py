"""The thread that takes the journal's records to the backend: asleep until something waits, gone with the process."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from driftmeter import semconv
from driftmeter.delivery.courier import Courier
from driftmeter.delivery.figures import Status
from driftmeter.delivery.lanes import LOOK_FOR_ORPHANS_S
from driftmeter.delivery.pace import Pace
from driftmeter.delivery.store import Store
from driftmeter.forking import look_after
from driftmeter.otlp import Origin
from driftmeter.otlp.transport import Transport
from driftmeter.pipeline import Guard
from driftmeter.threads import begin

THREAD = "driftmeter-sender"
FORK_WAIT_S = 0.5
OWN_ORIGIN = Origin(scope_name=semconv.SCOPE_NAME, scope_version=semconv.SCOPE_VERSION)


@dataclass(slots=True)
class _Ask:
    """Somebody waits until everything that was there is delivered."""

    tick: int
    """Lanes must be clear after this look; then the next lane after that one."""
    attempts: int
    once: bool
    """Whether the first failure ends the waiting."""
    stage: int = 0
    delivered: bool = False
    over: bool = False


class Sender:
    """Delivers what is in a journal, on one daemon thread that the first `wake` or `flush` starts.

    Args:
        store: the journal.
        transport: the way to the backend.
        guard: contains the faults.
        pace: how much, how often, how long.
        origin: the resource and scope that reports of lost records are sent under.
        clock: monotonic seconds.
        draw: gives a number in [0, 1), for the jitter.

    """

    def __init__(
        self,
        store: Store,
        transport: Transport,
        *,
        guard: Guard | None = None,
        pace: Pace | None = None,
        origin: Origin = OWN_ORIGIN,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._transport = transport
        self._guard = guard or Guard()
        self._pace = pace or Pace()
        self._origin = origin
        self._clock = clock
        self._draw = draw
        self._reset()
        look_after(self)

    def _reset(self) -> None:
        self.awake = False
        """Whether the thread knows that something waits; while it does, `wake` need not be called."""
        self._courier = Courier(
            self._store,
            self._transport,
            pace=self._pace,
            origin=self._origin,
            clock=self._clock,
            draw=self._draw,
        )
        self._thread: threading.Thread | None = None
        self._stepping = threading.Lock()
        self._still = False
        self._in_vain = -1
        """The request that a fork has waited for in vain."""
        self._bell = threading.Event()
        self._hurry = threading.Event()
        self._asked = threading.Condition()
        self._asks: list[_Ask] = []
        self._stopped = False

    def wake(self) -> None:
        """Say that something was appended; start the thread if there is none. Cheap, and never raising."""
        if self._stopped:
            return
        self.awake = True
        if self._thread is None:
            with self._guard.at("delivery.wake"):
                self._start()
        self._bell.set()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Deliver everything that was appended before now; False if that takes longer, or after `shutdown`."""
        return self._ask(timeout_s, once=False)

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Make one more attempt, and end; what is not delivered by then stays in the journal.

        Returns:
            Whether everything is delivered.

        """
        deadline_s = time.monotonic() + timeout_s
        delivered = self._ask(timeout_s, once=True)
        with self._asked:
            self._stopped = True
            thread = self._thread
        self._bell.set()
        self._hurry.set()
        if thread is None:
            self._transport.close()
        elif thread is not threading.current_thread():
            # The journal may be closed next: no more looks into it, unless a request hangs for longer than we may wait.
            thread.join(max(0.0, deadline_s - time.monotonic()))
        return delivered

    def status(self) -> Status:
        """What was done so far."""
        courier, figures, now_s = self._courier, self._courier.figures, self._clock()
        failing_since_s = courier.failing_since_s
        return Status(
            batches=figures.batches,
            records=figures.records,
            gaps=figures.gaps,
            retries=figures.retries.counts(),
            rejected=figures.rejected,
            buried=figures.buried.counts(),
            resent=figures.resent,
            failing_s=0.0 if failing_since_s is None else now_s - failing_since_s,
            lag_s=0.0 if courier.lanes.empty else now_s - courier.clear_s,
            compressed=courier.compressed,
            request_bytes=courier.size.limit_bytes,
        )

    def _ask(self, timeout_s: float, *, once: bool) -> bool:
        if threading.current_thread() is self._thread:
            return False
        with self._asked:
            if self._stopped:
                return False
            ask = _Ask(self._courier.lanes.tick, self._courier.attempts, once)
            self._asks.append(ask)
            self._hurry.set()
            self.wake()
            if self._thread is not None:  # an interpreter that is going down starts no more threads
                self._asked.wait_for(lambda: ask.over, timeout_s)
            if not ask.over:
                self._asks.remove(ask)
            return ask.delivered

    def _start(self) -> None:
        with self._asked:
            if self._thread is None and not self._stopped:
                self._thread = begin(self._run, name=THREAD)

    def _run(self) -> None:
        while not self._stopped:
            self._hurry.clear()
            pause_s = self._step(hurry=bool(self._asks))
            self._answer()
            if pause_s > 0:
                self._rest(pause_s)
            else:
                time.sleep(0)  # predictions first
        self._transport.close()

    def _rest(self, pause_s: float) -> None:
        courier = self._courier
        if self._asks and not courier.backoff.failures:
            return
        if courier.backoff.failures or not courier.lanes.empty:
            self._hurry.wait(pause_s)
        elif self.awake:
            # What is appended from here on rings the bell; what came since the last look is found by the next.
            self._bell.clear()
            self.awake = False
            courier.lanes.look(self._clock())
        elif self._bell.wait(max(pause_s, LOOK_FOR_ORPHANS_S)):
            courier.lanes.wake(self._clock())

    def _step(self, *, hurry: bool) -> float:
        try:
            with self._stepping:
                return self._courier.step(hurry=hurry)
        except Exception as fault:  # noqa: BLE001  # the thread must outlive whatever goes wrong
            self._guard.contain("delivery.step", fault)
            return self._courier.backoff.failed(self._clock()) - self._clock()

    def _answer(self) -> None:
        """Tell those who wait what has become of it."""
        if not self._asks:
            return
        lanes, backoff = self._courier.lanes, self._courier.backoff
        with self._asked:
            for ask in self._asks:
                while ask.stage < len(lanes.stages) and lanes.stages[ask.stage].clear_tick > ask.tick:
                    ask.tick = lanes.stages[ask.stage].clear_tick
                    ask.stage += 1
                ask.delivered = ask.stage == len(lanes.stages)
                tried = self._courier.attempts > ask.attempts or backoff.told_to_wait
                ask.over = ask.delivered or (ask.once and tried and backoff.failures > 0)
            self._asks = [ask for ask in self._asks if not ask.over]
            self._asked.notify_all()

    def before_fork(self) -> None:
        """Wait for the request on its way, and end it if need be: gRPC cannot be used in a child forked meanwhile.

        What hangs is waited for once, however many children are forked beside it.
        """
        if self._thread is None or self._thread is threading.current_thread():
            return
        request = self._courier.attempts
        self._still = self._idle(0.0 if request == self._in_vain else FORK_WAIT_S) or (
            self._transport.interrupt() and self._idle(FORK_WAIT_S)
        )
        if not self._still:
            self._in_vain = request

    def _idle(self, timeout_s: float) -> bool:
        return self._stepping.acquire(timeout=timeout_s)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._still:  # unless it was waited for in vain
            self._still = False
            self._stepping.release()

    def after_fork_in_child(self) -> None:
        """Start clean, with locks that no other thread can hold."""
        self._reset()
