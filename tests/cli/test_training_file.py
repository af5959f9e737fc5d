import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftmeter.cli.training_file import TypesWidened, open_training_file

TABLE = pa.table({"age": [31, 64, None], "city": ["Oslo", None, "Rome"]})


def read(path, columns=()):
    """Every row, once the types have settled."""
    file = open_training_file(path, columns)
    while True:
        try:
            chunks = list(file.chunks())
        except TypesWidened:
            continue
        return pa.Table.from_batches([chunk.rows for chunk in chunks]).to_pydict(), [chunk.share for chunk in chunks]


def written(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(TABLE, path)
        return path
    text = "age,city\n31,Oslo\n64,\n,Rome\n".replace(",", "\t" if ".tsv" in name else ",").encode()
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.tsv", "t.parquet"])
def test_the_same_table_is_read_from_every_kind_of_file(tmp_path, name):
    """Empty cells are missing, whatever the type."""
    rows, shares = read(written(tmp_path, name))

    assert rows == TABLE.to_pydict()
    assert shares[-1] == 1.0


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_only_the_wanted_columns_are_read(tmp_path, name):
    """Wide files have columns that no model sees."""
    assert list(read(written(tmp_path, name), ["city"])[0]) == ["city"]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_column_that_is_not_there_is_told_with_those_that_are(tmp_path, name):
    """A typo is found before the first row."""
    with pytest.raises(ValueError, match=r"has no column 'town'; it has age, city"):
        open_training_file(written(tmp_path, name), ["town"])


@pytest.mark.parametrize(("late", "read_as"), [("2.5", [1.0, 2.5]), ("many", ["1", "many"])])
def test_a_column_whose_later_rows_are_of_a_wider_type_is_read_as_that(tmp_path, monkeypatch, late, read_as):
    """A CSV has no types; its first rows only suggest them."""
    monkeypatch.setattr("driftmeter.cli.training_file._BLOCK_BYTES", 64)
    path = tmp_path / "t.csv"
    path.write_text("n,filler\n" + "1,xxxxxxxxxxxxxxxx\n" * 20 + f"{late},x\n")
    rows = read(path)[0]["n"]

    assert [rows[0], rows[-1]] == read_as


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.json", b"{}", "neither CSV nor Parquet"),
        ("t.parquet", b"not a table", "cannot be read"),
        ("t.csv", b"", "cannot be read"),
        ("t.csv.gz", b"not packed", "cannot be read"),
        ("t.csv", b"city,age\nOrl\xe9ans,3\n", "column 'city' is not UTF-8"),
        ("t.csv", b"age,city,age\n3,Oslo,4\n", "two columns called 'age'"),
    ],
)
def test_a_file_that_is_no_table_is_told_by_name(tmp_path, name, content, told):
    """The path is in the message, and no traceback of Arrow's."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ValueError, match=told) as raised:
        open_training_file(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_file_with_other_separators_is_refused(tmp_path, separator):
    """As one column it would give a reference that no row is ever held against."""
    path = tmp_path / "t.csv"
    path.write_text(f"age{separator}city\n31{separator}Oslo\n")
    with pytest.raises(ValueError, match="separate columns by ',', not"):
        open_training_file(path)
