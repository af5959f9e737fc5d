from dataclasses import replace

import pytest

from driftmeter.view.demo_scene import scene_view


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_picture_fits_the_terminal_and_nothing_is_cut_off(scene, drawn, width):
    """80 by 24 is what a terminal opens with."""
    lines = drawn(scene_view(scene, width), width).splitlines()

    assert len(lines) <= 24
    assert all(len(line) <= width for line in lines)
    assert "…" not in "".join(lines)


def test_the_picture_tells_pace_counts_and_resources(scene, drawn):
    """What is going on, in numbers."""
    shown = drawn(scene_view(scene, 120))

    for text in (
        "493 requests/s",
        "3.0 ms p50",
        "9.5 ms p99",
        "49% CPU",
        "242 MB",
        "14,553 events",
        "396 on their way",
    ):
        assert text in shown
    assert "2015-12-28" in shown
    assert "99%" in shown


def test_each_subject_shows_value_limit_and_state(scene, drawn):
    """An alarm with its first day, a quiet column as calm, one whose weather the reference knows likewise."""
    lines = {name: line for line in drawn(scene_view(scene, 120)).splitlines()[5:12] for name in line.split()[1:3]}

    assert "0.397 > 0.055" in lines["airline"]
    assert "● 2015-07-12" in lines["airline"]
    assert "0.010 < 0.049" in lines["distance_mi"]
    assert "○ calm" in lines["distance_mi"]
    assert "window fills" in lines["departure_delay_min"]
    assert "0.085 < 0.490" in lines["taxi_out_min"]
    assert "○ calm" in lines["taxi_out_min"]
    assert "→ air_time_min" in lines["air_time_min"]


def test_seasons_show_beside_the_planted_kilometres(scene, drawn):
    """An error of an hour must not flatten the rest: July and November still differ."""
    bars = {
        line.split()[1]: line.count("█")
        for line in drawn(scene_view(scene, 120)).splitlines()
        if line.startswith(("│ Jul", "│ Nov "))
    }

    assert 5 < bars["Jul"] < bars["Nov"]


def test_the_first_scene_has_nothing_yet_and_says_so(scene, drawn):
    """Before the first answer there is no month and no alarm."""
    shown = drawn(scene_view(replace(scene, months=(), detections=(), sent=0), 80), 80)

    assert "no flight has landed yet" in shown
    assert "no alarm yet" in shown
