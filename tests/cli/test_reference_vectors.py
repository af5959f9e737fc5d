"""Columns of vectors and of text from training files, through the command."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftmeter.cli.reference import command
from driftmeter.drift import Reference

RNG = np.random.default_rng(8)
VECTORS = RNG.normal(size=(300, 3)).round(6) * [3, 2, 1]
NOTES = [f"parcel {n} left at the door" for n in range(300)]
KNOWN = Reference.from_data({"id": list(range(300)), "emb": list(VECTORS), "note": NOTES}, model="tickets")


def build(path, *arguments):
    out = path.with_name("ref.json")
    result = CliRunner().invoke(command, ["build", str(path), "-o", str(out), "--model", "tickets", *arguments])
    return result, out


def written(folder, form):
    """The same rows in one of the forms that a file may have."""
    if form == "parquet":
        path = folder / "tickets.parquet"
        lists = pa.array(VECTORS.tolist(), pa.list_(pa.float64()))
        pq.write_table(pa.table({"id": range(300), "emb": lists, "note": NOTES}), path)
        return path
    path = folder / "tickets.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *(["emb"] if form == "json" else ["emb_0", "emb_1", "emb_2"]), "note"])
        for n, (vector, note) in enumerate(zip(VECTORS.tolist(), NOTES, strict=True)):
            writer.writerow([n, *([json.dumps(vector)] if form == "json" else vector), note])
    return path


@pytest.mark.parametrize("form", ["parquet", "json", "columns"])
def test_vectors_in_a_file_give_what_vectors_in_memory_give(form, tmp_path):
    """Lists, JSON lists and one column per entry: the same counts, under the same names."""
    result, out = build(written(tmp_path, form), "--vector", "emb", "--text", "note")
    assert result.exit_code == 0, result.output
    reference = Reference.load(out)
    assert reference.vectors == {"emb": 3}
    assert set(reference.input_names) == {"id", "emb", "note"}
    assert {name: column.counts for name, column in reference.columns.items()} == {
        name: column.counts for name, column in KNOWN.columns.items()
    }


@pytest.mark.parametrize("form", ["json", "columns"])
def test_vectors_may_stand_beside_named_columns(form, tmp_path):
    """`--vector` and `--text` need not be repeated as `--column`, and nothing else is counted."""
    path = written(tmp_path, form)
    result, out = build(path, "--column", "id", "--vector", "emb")
    assert result.exit_code == 0, result.output
    assert Reference.load(out).input_names == ("id", "emb")


def test_short_texts_are_text_where_one_says_so(tmp_path):
    """Without it they would be labels."""
    path = tmp_path / "t.csv"
    path.write_text("word\n" + "yes\nno\n" * 50)
    result, out = build(path, "--text", "word")
    assert result.exit_code == 0, result.output
    assert "word.length" in Reference.load(out).columns


def test_rows_without_a_vector_are_missing(tmp_path):
    """An empty cell, and one with a hole."""
    path = tmp_path / "t.csv"
    path.write_text("emb,n\n" + '"[1, 2]",1\n"[2, 1]",1\n' * 20 + ',1\n"[1, null]",1\n')
    result, out = build(path, "--vector", "emb")
    assert result.exit_code == 0, result.output
    assert Reference.load(out).columns["emb.norm"].counts[-2] == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("emb\nred\n", "'red' where a vector is expected"),
        ("emb\n7\n", "'7' where a vector is expected"),
        ('emb\n"[1, [2]]"\n', "JSON list of numbers"),
        ("emb_0,emb_1\n1,2\n1,x\n", "emb_0 to emb_1 are not all numbers"),
        ("embedding\n1\n", "no column 'emb' of vectors, nor emb_0"),
    ],
)
def test_what_is_no_vector_is_told(text, told, tmp_path):
    """With the cell, or with the columns that there are."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    result, _ = build(path, "--vector", "emb")
    assert result.exit_code == 1
    assert told in result.stderr
    assert isinstance(result.exception, SystemExit)
