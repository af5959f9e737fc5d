import socket
import threading
from contextlib import contextmanager

import pytest

from driftmeter.demo.http_client import exchange


@contextmanager
def serving(answer):
    """A server that calls `answer(connection, request)` for each request that comes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = []

        def converse(connection):
            with connection:
                while request := connection.recv(4096):
                    answer(connection, request)

        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=converse, args=(connection,)))
                threads[-1].start()

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


def echo(connection, request):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(request), request))


def test_every_request_gets_its_own_answer():
    """Tags and answers stay together over several connections."""
    answers = {}
    with serving(echo) as address:
        exchange(
            address, ((n, b"%d" % n) for n in range(50)), lambda n, a: answers.setdefault(n, a.body), connections=3
        )

    assert answers == {n: b"%d" % n for n in range(50)}


def test_one_connection_keeps_the_order():
    """Requests leave in the order in which they are given."""
    seen = []
    with serving(echo) as address:
        exchange(address, ((n, b"%d" % n) for n in range(20)), lambda n, _: seen.append(n), connections=1)

    assert seen == list(range(20))


def test_an_answer_may_come_in_pieces():
    """Head and body are often two packets."""

    def slowly(connection, request):
        for piece in (b"HTTP/1.1 503 Busy\r\nContent-", b"Length: 4\r\n\r\n", b"la", b"te"):
            connection.sendall(piece)
            threading.Event().wait(0.01)

    answers = []
    with serving(slowly) as address:
        exchange(address, [("x", b"?")], lambda _, answer: answers.append(answer))

    assert [(answer.status, answer.body) for answer in answers] == [(503, b"late")]
    assert answers[0].latency_s >= 0.03


def test_a_server_that_hangs_up_is_an_error():
    """A lost answer must not look like a short run."""
    with (
        serving(lambda connection, _: connection.shutdown(socket.SHUT_RDWR)) as address,
        pytest.raises(ConnectionError, match="closed the connection"),
    ):
        exchange(address, [("x", b"?")], lambda *_: None)


def test_no_requests_need_no_answers():
    """An empty replay ends at once."""
    with serving(echo) as address:
        exchange(address, [], lambda *_: pytest.fail("nothing was asked"))
