from dataclasses import replace

from driftmeter.demo.verdict import judge
from driftmeter.view.demo_summary import summary_view


def test_the_summary_names_each_drift_with_date_rows_and_cause(outcome, drawn):
    """What the demo is for, in one table."""
    shown = drawn(summary_view(outcome))
    [airline] = [line for line in shown.splitlines() if line.startswith("airline ")]

    for text in ("psi", "2015-07-12", "683", "0.397", "0.055"):
        assert text in airline
    assert "US Airways merged" in shown
    assert "planted by the demo" in shown


def test_a_real_change_of_season_is_listed_with_its_cause(outcome, drawn):
    """Among the drifts: no column is set apart."""
    shown = drawn(summary_view(outcome))

    assert "taxi_out_min" in shown
    assert "autumn is more punctual" in shown


def test_counts_and_months_are_told(outcome, drawn):
    """Sent, written, lost, and how well the model did."""
    shown = drawn(summary_view(outcome))

    for text in ("14,949", "14,400", "Nov km", "75.1", "+59.5", "demo-output", "1:07 min"):
        assert text in shown


def test_a_good_run_ends_with_a_tick_and_a_bad_one_with_every_reason(outcome, drawn):
    """The last lines are the verdict."""
    bad = replace(outcome, verdict=judge([], replace(outcome.tally, events=14_948)))

    assert drawn(summary_view(outcome)).rstrip().endswith("✔ both drifts found, no false alarm, nothing lost")
    reasons = [line for line in drawn(summary_view(bad)).splitlines() if line.startswith("✘")]
    assert len(reasons) == 3
    assert "✘ 1 predictions have no event" in reasons


def test_an_unexpected_alarm_of_the_output_is_told(outcome, drawn):
    """It fails nothing and is hidden from nobody."""
    early = replace(outcome.verdict.detections[0], subject="air_time_min", flight_date="2015-05-01")
    verdict = replace(outcome.verdict, unexpected=(early,))

    assert "air_time_min psi 0.397 on 2015-05-01" in drawn(summary_view(replace(outcome, verdict=verdict)))


def test_the_summary_fits_a_terminal_of_80_columns(outcome, drawn):
    """Nothing is cut off or wrapped."""
    narrow, wide = ([line.rstrip() for line in drawn(summary_view(outcome), width).splitlines()] for width in (80, 120))

    assert narrow == wide
