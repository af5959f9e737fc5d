def test_child_ends_with_what_it_does(python):
    """It says how by its status, a fault by its traceback as well; only the parent goes on."""
    code = """
import os
from driftmeter.testing.forking import fork
for child in (lambda: None, lambda: 1 / 0, lambda: exit(0)):
    print(os.waitstatus_to_exitcode(os.waitpid(fork(child), 0)[1]), flush=True)
"""
    done = python(code)
    assert done.out.split() == ["0", "1", "1"]
    assert "ZeroDivisionError" in done.err
