"""Reports in other forms: tidy rows for data frames, a fragment for notebooks."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from driftmeter.drift import DriftReport, Reference, compare


@pytest.fixture(scope="module")
def report() -> DriftReport:
    random = np.random.default_rng(3)
    known = {"age": random.normal(40, 10, 5000), "<b>city</b>": random.choice(["Oslo", "Rome"], 5000)}
    return compare(
        Reference.from_data(known, model="demo"),
        {"age": random.normal(60, 10, 2000), "<b>city</b>": random.choice(["Oslo", "Rome"], 2000)},
    )


class Cells(HTMLParser):
    """Collects the text of each table row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])

    def handle_data(self, data):
        if self.rows:
            self.rows[-1].append(data)


def test_rows_are_tidy(report):
    frame = pd.DataFrame(report.to_rows())

    assert set(frame.columns) == {
        "model",
        "column",
        "statistic",
        "value",
        "p_value",
        "threshold",
        "error_bound",
        "alarm",
    }
    psi = frame[(frame.column == "age") & (frame.statistic == "psi")].iloc[0]
    assert psi.value == report.features["age"]["psi"]
    assert psi.threshold == report.features["age"]["psi_threshold"]
    assert psi.alarm


def test_rows_leave_out_statistics_that_a_column_has_not(report):
    statistics = {row["statistic"] for row in report.to_rows() if row["column"] == "<b>city</b>"}

    assert "psi" in statistics
    assert "ks" not in statistics


def test_the_fragment_marks_drift_and_escapes_names(report):
    html = report._repr_html_()
    cells = Cells()
    cells.feed(html)

    assert "<b>" not in html
    by_name = {row[0]: row for row in cells.rows[1:]}
    assert by_name["age"][1] == "drift"
    assert by_name["<b>city</b>"][1] == "-"


HOSTILE = ["<script>", "\x1b[31mred", "two\nlines", "\u202eegnar", "\ud800", "tab\t", "\x9b2J", "x" * 5000]


def test_names_steer_neither_terminal_nor_page():
    """They come from data: escapes and writing directions are shown, a long name does not make every line long."""
    random = np.random.default_rng(3)
    batches = [{name: random.normal(size=300) for name in HOSTILE} for _ in range(2)]
    report = compare(Reference.from_data(batches[0], model="\x1b[2Jdemo"), batches[1])
    table, html = str(report), report._repr_html_()

    assert all(line.isprintable() for line in table.split("\n"))
    assert html.isprintable()
    assert "<script" not in html
    assert table.split("\n", maxsplit=1)[0].startswith("\\x1b[2Jdemo: ")
    assert len(table.split("\n")[2]) < 300
    assert list(report.features) == HOSTILE
