"""A child of `multiprocessing` hands over what it has before it leaves, whichever way it was started."""

import pytest

from driftmeter.testing import OtlpReceiver

WORKERS = """
import multiprocessing, sys, driftmeter

if {configured}:
    driftmeter.configure(resources="off")

def work(who):
    for n in range(3):
        with driftmeter.predict("m", id=f"{{who}}-{{n}}") as call:
            call.outputs = [1.0]

if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    work("parent")
    children = [context.Process(target=work, args=(f"child{{k}}",)) for k in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0, child.exitcode
"""


@pytest.mark.slow
@pytest.mark.parametrize("configured", [True, False], ids=["configured on import", "at first use"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_nothing_of_a_child_is_lost_or_comes_twice(python, tmp_path, method, configured):
    """Neither events nor spans nor what was counted, though nobody flushes."""
    script = tmp_path / "workers.py"
    script.write_text(WORKERS.format(method=method, configured=configured))
    names = sorted(f"{who}-{n}" for who in ("parent", "child0", "child1") for n in range(3))
    with OtlpReceiver() as receiver:
        code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
        python(code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint, DRIFTMETER_RESOURCES="off", timeout_s=120)
        assert sorted(event.attributes["ml.prediction.id"] for event in receiver.events("ml.prediction")) == names
        assert len(receiver.spans) == len(names)
        assert [point.value for point in receiver.latest("ml.prediction.rows")] == [3, 3, 3]
