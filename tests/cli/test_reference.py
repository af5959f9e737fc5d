import datetime as dt
import json

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftmeter.cli.reference import command
from driftmeter.drift import Reference
from driftmeter.stats.categories import label_text

ROWS = {
    "city": ["Oslo", "Rome", "Oslo", None] * 50,
    "distance_km": [float(n) for n in range(200)],
    "shop": [1, 2, 3, 4] * 50,
    "minutes": [10.0 + n for n in range(200)],
}


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def csv(tmp_path):
    """The rows as CSV."""
    path = tmp_path / "trips.train.csv"
    lines = [
        ",".join(ROWS),
        *(",".join("" if c is None else str(c) for c in row) for row in zip(*ROWS.values(), strict=True)),
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def parquet(tmp_path):
    """The rows as Parquet."""
    path = tmp_path / "trips.parquet"
    pq.write_table(pa.table(ROWS), path)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_reference_built_from_a_file_equals_one_built_from_the_data(kind, request, tmp_path):
    """Reading in chunks changes nothing."""
    out = tmp_path / "ref.json"
    result = run("build", request.getfixturevalue(kind), "-o", out, "--model", "trips", "--output", "minutes")

    assert result.exit_code == 0, result.output
    expected = Reference.from_data(ROWS, model="trips", outputs=["minutes"])
    assert Reference.load(out).hash == expected.hash


def test_without_a_name_the_model_is_called_as_the_file(csv, tmp_path):
    """`driftmeter reference build train.csv -o ref.json` is enough."""
    run("build", csv, "-o", tmp_path / "ref.json")

    assert Reference.load(tmp_path / "ref.json").model == "trips"


def test_only_named_columns_are_counted_and_outputs_with_them(csv, tmp_path):
    """`--output` need not be repeated as `--column`."""
    out = tmp_path / "ref.json"
    run("build", csv, "-o", out, "--column", "city", "--output", "minutes")

    assert set(Reference.load(out).columns) == {"city", "minutes"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_numbers_that_are_labels_are_counted_as_labels(kind, request, tmp_path):
    """A shop's number has no order."""
    out = tmp_path / "ref.json"
    run("build", request.getfixturevalue(kind), "-o", out, "--category", "shop")
    shop = Reference.load(out).columns["shop"]

    assert (shop.kind, sorted(shop.labels)) == ("category", ["1", "2", "3", "4"])


@pytest.mark.parametrize(
    "values",
    [
        [True, False, None],
        [1e-05, 2.5, None],
        [3.0, 1e20, float("nan")],
        [-0.0, 0.5, None],
        [2**60 + 1, 7, None],
        [dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.datetime(2026, 1, 3, tzinfo=dt.UTC), None],
        ["a", "b", None],
    ],
    ids=repr,
)
def test_labels_of_a_file_are_written_as_live_ones_are(values, tmp_path):
    """Else every live row would be new."""
    path, out = tmp_path / "codes.parquet", tmp_path / "ref.json"
    pq.write_table(pa.table({"code": pa.array(values)}), path)
    run("build", path, "-o", out, "--category", "code")
    column = Reference.load(out).columns["code"]

    assert column.kind == "category"
    assert sorted(column.labels) == sorted(label_text(value) for value in values[:2])
    assert column.shares["missing"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        (["1234", "01234", ""], ["01234", "1234"]),
        (["", "1234", "00501"], ["00501", "1234"]),
        (["7", "12345678901234567890", ""], ["12345678901234567890", "7"]),
        (["7", "", "8"], ["7", "8"]),
        (["7", "8.0", ""], ["7", "8"]),
        (["0", "0.50", ""], ["0", "0.5"]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("block_bytes", [32, 1 << 20])
def test_labels_of_a_csv_are_those_that_it_holds(written, labels, block_bytes, tmp_path, monkeypatch):
    """A zip code keeps its zero; numbers are written as live ones are, where that loses nothing."""
    monkeypatch.setattr("driftmeter.cli.training_file._BLOCK_BYTES", block_bytes)
    path, out = tmp_path / "codes.csv", tmp_path / "ref.json"
    path.write_text("zip,x\n" + "".join(f"{value},1\n" for value in written))
    result = run("build", path, "-o", out, "--category", "zip")

    assert result.exit_code == 0, result.output
    column = Reference.load(out).columns["zip"]
    assert sorted(column.labels) == labels
    assert column.shares["missing"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [{"a": 1}]])
def test_lists_are_no_labels(values, tmp_path):
    path = tmp_path / "codes.parquet"
    pq.write_table(pa.table({"code": pa.array(values)}), path)
    result = run("build", path, "-o", tmp_path / "ref.json", "--category", "code")
    assert (result.exit_code, "'code' holds" in result.output) == (1, True), result.output


def test_a_column_widened_on_the_way_is_counted_whole(tmp_path, monkeypatch):
    """Starting again loses no row and counts none twice."""
    monkeypatch.setattr("driftmeter.cli.training_file._BLOCK_BYTES", 64)
    path, out = tmp_path / "t.csv", tmp_path / "ref.json"
    path.write_text("n,filler\n" + "1,xxxxxxxxxxxxxxxx\n" * 20 + "2.5,x\n")
    result = run("build", path, "-o", out, "--column", "n")

    assert result.exit_code == 0, result.output
    assert Reference.load(out).rows == 21


def test_the_result_for_machines_is_one_json_object(csv, tmp_path):
    """Path, model, hash and the shares of every column."""
    out = tmp_path / "ref.json"
    result = run("build", csv, "-o", out, "--model", "trips", "--version", "7", "--json")
    told = json.loads(result.stdout)

    assert (told["model"], told["version"], told["rows"], told["path"]) == ("trips", "7", 200, str(out))
    assert told["hash"] == Reference.load(out).hash
    assert told["columns"]["city"]["shares"]["missing"] == 0.25


def test_show_draws_every_column(csv, tmp_path):
    """Names, kinds and shares."""
    run("build", csv, "-o", tmp_path / "ref.json")
    shown = run("show", tmp_path / "ref.json").stdout

    for text in ("city", "category", "25.0%", "distance_km", "Oslo", "0 to 199"):
        assert text in shown


def test_merging_two_halves_counts_as_the_whole(tmp_path):
    """Merging is a law."""
    whole = Reference.from_data(ROWS, model="trips")
    halves = []
    for place, part in enumerate((slice(0, 120), slice(120, 200))):
        half = Reference.from_data({name: column[part] for name, column in ROWS.items()}, model="trips", like=whole)
        halves.append(tmp_path / f"{place}.json")
        half.save(halves[-1])
    result = run("merge", *halves, "-o", tmp_path / "all.json")

    assert result.exit_code == 0, result.output
    merged = Reference.load(tmp_path / "all.json")
    assert {n: c.counts for n, c in merged.columns.items()} == {n: c.counts for n, c in whole.columns.items()}


def test_references_of_different_models_are_not_merged(tmp_path):
    """Exit code 1, with both names."""
    for model in ("a", "b"):
        Reference.from_data(ROWS, model=model).save(tmp_path / f"{model}.json")
    result = run("merge", tmp_path / "a.json", tmp_path / "b.json", "-o", tmp_path / "c.json")

    assert result.exit_code == 1
    assert "'a'" in result.stderr
    assert "'b'" in result.stderr
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["build", "nowhere.csv", "-o", "ref.json"], 2, "does not exist"),
        (["build", "-o", "ref.json"], 2, "TRAINING"),
        (["show", "nowhere.json"], 2, "does not exist"),
        (["show", "{csv}"], 1, "not JSON"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--bins", "1"], 1, "bins is 1"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--trained-at", "May"], 1, "ISO 8601"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--category", "town"], 1, "town"),
        (["build", "{csv}", "-o", "{folder}/no/ref.json"], 1, "ref.json"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--profile", "month"], 1, "time"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--profile", "week"], 2, "hour-of-week"),
        (["build", "{csv}", "-o", "{folder}/ref.json", "--time", "distance_km", "--profile", "month"], 1, "numbers"),
    ],
)
def test_what_goes_wrong_is_told_without_a_traceback(arguments, code, told, csv, tmp_path):
    """2 when called wrongly, 1 when the files are wrong."""
    result = run(*(argument.format(csv=csv, folder=tmp_path) for argument in arguments))

    assert result.exit_code == code
    assert told in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_an_empty_table_is_no_reference(tmp_path):
    """A header alone has no rows to count."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n")
    result = run("build", path, "-o", tmp_path / "ref.json")

    assert result.exit_code == 1
    assert "rows" in result.stderr


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_time_column_orders_the_rows_and_is_not_counted(kind, tmp_path):
    """Dates, as Arrow reads them from either kind of file, also beside named columns."""
    rows = {"date": [dt.date(2026, 1, 1) + dt.timedelta(days=n // 4) for n in range(200)], **ROWS}
    path = tmp_path / f"trips.{kind}"
    (pacsv.write_csv if kind == "csv" else pq.write_table)(pa.table(rows), path)
    out = tmp_path / "ref.json"
    for options in ((), ("--column", "city")):
        result = run("build", path, "-o", out, "--time", "date", *options)
        assert result.exit_code == 0, result.output
        reference = Reference.load(out)
        assert set(reference.columns) == ({"city"} if options else set(ROWS))
        assert (reference.variation.panes, reference.variation.duration_s) == (50, 49 * 86_400)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_profile_is_counted_by_the_times_of_the_rows(kind, tmp_path):
    """The same as from data at hand."""
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
    rows = {"at": [start + dt.timedelta(hours=7 * n) for n in range(200)], **ROWS}
    path, out = tmp_path / f"trips.{kind}", tmp_path / "ref.json"
    (pacsv.write_csv if kind == "csv" else pq.write_table)(pa.table(rows), path)
    result = run("build", path, "-o", out, "--model", "trips", "--time", "at", "--profile", "hour-of-week")
    assert result.exit_code == 0, result.output
    expected = Reference.from_data(rows, model="trips", time="at", profile="hour-of-week")
    assert Reference.load(out).profile == expected.profile
