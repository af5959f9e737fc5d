from dataclasses import replace
from io import StringIO

from rich.console import Console

from driftmeter.view.demo_live import watching


def test_without_a_terminal_there_is_a_line_for_each_phase_and_month(scene):
    """A log file must not fill with pictures."""
    console = Console(file=StringIO(), width=120)
    with watching(console) as show:
        show(replace(scene, phase="training", sent=0))
        show(replace(scene, phase="replaying", date="2015-04-01"))
        show(replace(scene, phase="replaying", date="2015-04-02"))
        show(replace(scene, phase="replaying", date="2015-05-01"))
    lines = console.file.getvalue().splitlines()

    assert [line.split()[2] for line in lines] == ["training", "replaying", "2015-05-01"]
    assert "14,949 of 15,130 flights, 493/s" in lines[-1]


def test_on_a_terminal_there_is_a_picture_that_leaves_no_trace(scene):
    """The summary follows on a clean screen."""
    console = Console(file=StringIO(), width=80, height=30, force_terminal=True, color_system=None)
    with watching(console) as show:
        show(scene)
    shown = console.file.getvalue()

    assert "driftmeter demo: replaying April to December" in shown
    assert shown.rstrip("\n").endswith("\x1b[2K")
