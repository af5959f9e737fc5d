"""A model behind a server: each answer says who gave it, once its prediction is in the ledger."""

from __future__ import annotations

import os

import driftmeter

driftmeter.configure(journal_dir=os.environ["TEST_JOURNAL"], resources="off", spans=False)

VALUES = {f"feature_{n}": n * 1.5 for n in range(10)}


def predict():
    """One prediction, noted once it has returned."""
    with driftmeter.predict("air-time", inputs=VALUES) as call:
        call.outputs = [1.0]
    ledger = os.open(os.environ["TEST_LEDGER"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(ledger, call.id.encode() + b"\n")
    os.close(ledger)
    return str(os.getpid()).encode()


def wsgi(environ, start_response):
    """For gunicorn."""
    answer = predict()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


async def asgi(scope, receive, send):
    """For uvicorn."""
    if scope["type"] != "http":
        return
    answer = predict()
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
