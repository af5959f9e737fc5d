import pytest

from driftmeter.demo.flights import Flight
from driftmeter.demo.inbox import Alarm
from driftmeter.demo.request_book import RequestBook
from driftmeter.demo.verdict import Detection, Tally, judge, locate

ALL = Tally(predictions=100, events=100, traces=100, labels=90, label_events=90)


def detection(subject, day, statistic="psi", rows=5):
    return Detection(
        subject=subject, statistic=statistic, flight_date=day, rows_after_onset=rows, value=0.4, threshold=0.03
    )


FOUND = [detection("airline", "2015-07-03"), detection("distance_mi", "2015-11-17")]


def test_both_drifts_found_and_nothing_lost_is_a_pass():
    """The run that everybody hopes for."""
    verdict = judge(FOUND, ALL)

    assert verdict.passed
    assert verdict.detections == tuple(FOUND)


@pytest.mark.parametrize("missing", ["airline", "distance_mi"])
def test_a_missed_drift_fails_the_run(missing):
    """Each of the two must be found."""
    verdict = judge([each for each in FOUND if each.subject != missing], ALL)

    assert not verdict.passed
    assert missing in verdict.problems[0]


@pytest.mark.parametrize(("subject", "day"), [("airline", "2015-06-30"), ("distance_mi", "2015-11-14")])
def test_an_alarm_before_the_onset_is_false_and_fails_the_run(subject, day):
    """Even though the drift is found later."""
    early = detection(subject, day, rows=None)
    verdict = judge([early, *FOUND], ALL)

    assert verdict.false_alarms == (early,)
    assert early not in verdict.detections
    assert not verdict.passed


def test_an_alarm_that_names_no_flight_is_no_finding():
    """It cannot be shown to lie after the onset."""
    assert not judge([detection("airline", ""), FOUND[1]], ALL).passed


@pytest.mark.parametrize("subject", ["taxi_out_min", "departure_delay_min"])
def test_a_delay_column_must_be_calm_until_autumn_and_may_change_then(subject):
    """The weather of spring and summer is no drift; a punctual autumn is one, which need not be found."""
    early, late = detection(subject, "2015-08-31", rows=None), detection(subject, "2015-09-11", rows=None)

    assert judge([early, *FOUND], ALL).false_alarms == (early,)
    assert not judge([early, *FOUND], ALL).passed
    verdict = judge([*FOUND, late], ALL)
    assert verdict.passed
    assert late in verdict.detections


def test_the_output_may_follow_the_kilometres_but_not_come_before_them_unnoticed():
    """Before them it is told as unexpected, which is no false alarm of the inputs."""
    early, late = detection("air_time_min", "2015-05-01"), detection("air_time_min", "2015-11-20")
    verdict = judge([early, *FOUND, late], ALL)

    assert verdict.unexpected == (early,)
    assert late in verdict.detections
    assert verdict.passed


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ({"events": 99}, "1 predictions have no event"),
        ({"traces": 98}, "2 requests have no trace"),
        ({"label_events": 87}, "3 labels have no event"),
        ({"failed": 4}, "4 requests were not answered"),
    ],
)
def test_anything_lost_fails_the_run(lost, told):
    """Whatever it is, it is named."""
    counts = {"predictions": 100, "events": 100, "traces": 100, "labels": 90, "label_events": 90, **lost}

    assert judge(FOUND, Tally(**counts)).problems == (told,)


def test_a_backend_that_refused_is_told_once():
    """The same reason many times is one problem."""
    assert judge(FOUND, ALL, refused=["it said 503", "it said 503"]).problems == ("it said 503",)


def test_only_the_first_alarm_of_each_subject_and_statistic_is_a_detection():
    """An alarm that clears and comes again is the same drift."""
    again = detection("airline", "2015-09-01")
    other = detection("airline", "2015-07-20", statistic="js")

    assert judge([again, other, *FOUND], ALL).detections == (FOUND[0], other, FOUND[1])


def test_an_alarm_is_placed_by_its_trace_else_by_its_row():
    """The trace is exact; the row is what is left when a request had none."""
    book = RequestBook([Flight(day, "7", "AA", 1.0, 0.0, 9.0, 1.0) for day in ("2015-06-30", "2015-07-01")])
    trace_id = book.request(1).split(b"traceparent: 00-")[1][:32].decode()

    def alarm(trace_id, row):
        return Alarm(
            subject="airline", statistic="psi", value=0.4, threshold=0.03, raised=True, trace_id=trace_id, row=row
        )

    by_trace, by_row, nowhere = (locate(each, book) for each in (alarm(trace_id, 1), alarm("", 1), alarm("", None)))
    assert (by_trace.flight_date, by_trace.rows_after_onset) == ("2015-07-01", 1)
    assert (by_row.flight_date, by_row.rows_after_onset) == ("2015-06-30", None)
    assert nowhere.flight_date == ""
