"""The duty of deliveries: sends what is due, to several receivers at once, to each in its turn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from engine.deliveries import Deliveries
from engine.errors import PASSING_TROUBLE, EngineError, StorageDamaged, traced
from engine.model import Channel, Delivery, DeliveryFailure, Sent

_log = logging.getLogger(__name__)

#: Receivers that are told something at the same time.
THREADS = 8
#: Deliveries of one turn, at most.
BATCH = 500


class Sender(Protocol):
    """Sends over one channel."""

    def send(self, delivery: Delivery) -> Sent:
        """What became of it; a failure of the receiver is told, not raised."""
        ...


class Deliverer:
    """Takes what is due, lets it be sent outside of any transaction, and tells what became of it.

    A receiver gets one delivery at a time, so that one which hangs holds a single thread.
    """

    name = "deliveries"

    def __init__(
        self, deliveries: Deliveries, senders: Mapping[Channel, Sender], *, threads: int = THREADS
    ) -> None:
        self._deliveries = deliveries
        self._senders = senders
        self._threads = threads

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Send what is due now; how many deliveries were sent, well or not.

        Raises StorageError when the database refuses: what is left is for another turn.
        """
        if not self._deliveries.due(1):
            return 0
        with ThreadPoolExecutor(self._threads, thread_name_prefix="alur-delivery") as pool:
            return self._send_all(pool, is_stopped)

    def deliver(self, delivery_id: str) -> bool:
        """Send this one, unless another worker has it; whether it was in our hands.

        Raises StorageError when it could not be taken, or what became of it could not be written.
        """
        taken = self._deliveries.take(delivery_id)
        if taken is None:
            return False  # another worker was faster
        delivery, attempt = taken
        try:
            sent = self._sent(delivery)
            self._deliveries.settle(delivery, attempt, sent)
        except EngineError as error:
            # Its lease runs out, and it is sent again under the same id.
            told = (delivery_id, error)
            _log.error(
                "delivery %s: not known what became of it: %s", *told, exc_info=traced(error)
            )
            raise
        _note(delivery, sent)
        return True

    def _sent(self, delivery: Delivery) -> Sent:
        """What became of it. A fault of our own is one too: it is sent again by the schedule, and
        given up in the end.
        """
        try:
            return self._senders[delivery.channel].send(delivery)
        except PASSING_TROUBLE:
            raise  # what became of it could not be written either
        except Exception:  # noqa: BLE001 - the other deliveries must go on
            _log.exception("delivery %s could not be sent", delivery.delivery_id)
            return Sent(is_delivered=False, failure=DeliveryFailure.INTERNAL)

    def _send_all(self, pool: ThreadPoolExecutor, is_stopped: Callable[[], bool]) -> int:
        under_way: dict[Future[bool], str] = {}
        unreadable: set[str] = set()
        trouble: EngineError | None = None
        begun = done = 0
        while True:
            free = min(self._threads - len(under_way), BATCH - begun)
            if free > 0 and trouble is None and not is_stopped():
                others = unreadable.union(under_way.values())
                for delivery_id, receiver in self._deliveries.due(free, except_to=others):
                    under_way[pool.submit(self.deliver, delivery_id)] = receiver
                    begun += 1
            if not under_way:
                if trouble is not None:
                    raise trouble
                return done
            for finished in wait(under_way, return_when=FIRST_COMPLETED).done:
                receiver = under_way.pop(finished)
                try:
                    done += finished.result()
                except StorageDamaged as error:
                    _log.error("deliveries to %s: %s", receiver, error)
                    unreadable.add(receiver)  # the others can be told
                except EngineError as error:
                    trouble = error  # it would be the same for all that is left


def _note(delivery: Delivery, sent: Sent) -> None:
    """One line of the log: what became of it, and nothing of what was said to whom."""
    fields = {
        "delivery": delivery.delivery_id,
        "instance": delivery.instance_id,
        "channel": str(delivery.channel),
        "kind": str(delivery.kind),
        "status": sent.status,
        "duration_ms": sent.duration_ms,
    }
    if sent.is_delivered or sent.is_dropped:
        what = "delivery sent" if sent.is_delivered else "delivery dropped"
        _log.info(what, extra={"fields": fields})
    else:
        _log.warning("delivery failed: %s", sent.failure, extra={"fields": fields})
