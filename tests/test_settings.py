import dataclasses
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmeter.settings import Settings

TABLE = {
    "reference": ("a.json", "b.json", ("a.json",), ("b.json",)),
    "model_name": ("a", "b", "a", "b"),
    "model_version": ("1", "2", "1", "2"),
    "compare_with": (
        ["reference", "previous"],
        "reference, Version",
        ("reference", "previous"),
        ("reference", "version"),
    ),
    "windows": ("500rows", "1h,24h", ("500rows",), ("1h", "24h")),
    "false_page_interval": ("12h", "7d", "12h", "7d"),
    "events": ("off", "OTEL", "off", "otel"),
    "journal_dir": ("state", "/var/lib/state", "state", "/var/lib/state"),
    "journal_max_bytes": (2**24, "20000000", 2**24, 20_000_000),
    "journal_max_age": ("12h", "30d", "12h", "30d"),
    "journal_sync": ("always", "process", "always", "process"),
    "spans": (False, "yes", False, True),
    "capture": (["age", "city"], "ALL", ("age", "city"), "all"),
    "deny": (["iban"], "pin, cvv", ("iban",), ("pin", "cvv")),
    "policies": (["email=hash"], "b=drop,a=bucket:10", ("email=hash",), ("a=bucket:10", "b=drop")),
    "hash_key": ("env:KEY", "file:/run/key", "env:KEY", "file:/run/key"),
    "subjects": ("require", "Off", "require", "off"),
    "retention": ("180d", "365d", "180d", "365d"),
    "resources": (["system"], "off", ("system",), ()),
    "accept_baggage_id": (True, "0", True, False),
    "flush_on_sigterm": (False, "on", False, True),
    "buffer_records": (7, "70", 7, 70),
    "buffer_bytes": (2048, "4096", 2048, 4096),
    "label_memory": (0, "10", 0, 10),
    "max_models": (1, "2", 1, 2),
    "slices": (["hub"], "hub, airline", ("hub",), ("hub", "airline")),
    "max_slices": (1, "2", 1, 2),
    "multivariate": (False, "on", False, True),
}
"""Name: an argument, a text in the environment, and what each is read as."""


def test_every_setting_is_in_the_table_below():
    """So that a new one is tested, too; and each says what it means."""
    rows = dataclasses.fields(Settings)
    assert [row.name for row in rows] == list(TABLE)
    assert all(row.metadata["doc"].endswith(".") for row in rows)


@pytest.mark.parametrize("name", TABLE)
def test_argument_wins_over_environment_over_file_over_default(name, tmp_path):
    """Taking the strongest away brings up the next."""
    argument, text, as_argument, as_text = TABLE[name]
    file = tmp_path / "driftmeter.toml"
    file.write_text(f"[driftmeter]\n{name} = {_toml(argument)}\n")
    filed, variable = {"DRIFTMETER_CONFIG_FILE": str(file)}, {f"DRIFTMETER_{name.upper()}": text}

    def settled(given, environ):
        return getattr(Settings.resolve(given, environ=environ), name)

    assert settled({name: argument}, filed | variable) == as_argument
    assert settled({}, filed | variable) == as_text
    assert settled({}, filed) == as_argument
    assert settled({name: None}, {f"DRIFTMETER_{name.upper()}": ""}) == getattr(Settings(), name)


def _toml(value):
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("false_page_interval", "30", "a duration of a minute or more"),
        ("false_page_interval", "1s", "a duration of a minute or more"),
        ("false_page_interval", "often", "such as 12h, 30d"),
        ("buffer_records", 0, "a whole number, at least 1"),
        ("buffer_records", 1.5, "a whole number"),
        ("buffer_records", True, "a whole number"),
        ("buffer_records", float("inf"), "a whole number"),
        ("buffer_bytes", "10 MB", "a whole number, at least 1024"),
        ("label_memory", -1, "at least 0"),
        ("spans", "perhaps", "true or false"),
        ("journal_max_bytes", 2**24 - 1, "at least 16777216"),
        ("events", "kafka", "journal, otel, off"),
        ("capture", 5, "default, all, none, or write the names of columns"),
        ("capture", "all,age", "'all' stands alone"),
        ("policies", "email=encrypt", "choose keep, hash, drop"),
        ("subjects", "on", "auto, require, off"),
        ("retention", "6 months", "a duration of a minute or more"),
        ("resources", "gpu", "process, system, or off"),
        ("windows", 500, "a list of texts"),
        ("compare_with", "reference,yesterday", "reference, previous, version"),
        ("compare_with", "version", "always compared with the reference"),
        ("deny", {"a": 1}, "a list of texts"),
        ("model_name", object, "write text"),
        ("journal_dir", b"state", "write text"),
    ],
)
def test_wrong_value_is_refused_with_value_limit_and_way_out(name, value, way_out):
    """As argument and as variable."""
    with pytest.raises(ValueError, match=f"argument {name} is {re.escape(repr(value))}.*{way_out}"):
        Settings.resolve({name: value}, environ={})
    if isinstance(value, str):
        with pytest.raises(ValueError, match=f"variable DRIFTMETER_{name.upper()} is {value!r}.*{way_out}"):
            Settings.resolve({}, environ={f"DRIFTMETER_{name.upper()}": value})


def test_a_directory_may_be_a_path_but_no_name_that_no_file_can_have(tmp_path):
    """The system's own message would not name the setting."""
    assert Settings.resolve({"journal_dir": tmp_path}, environ={}).journal_dir == str(tmp_path)
    with pytest.raises(ValueError, match=r"argument journal_dir is .*choose another directory"):
        Settings.resolve({"journal_dir": "a\0b"}, environ={})


@pytest.mark.parametrize("variable", ["DRIFTMETER_REFERENCES", "DRIFTMETER_reference", "DRIFTMETER_"])
def test_unknown_variable_is_refused(variable):
    """It would be ignored otherwise, whether mistyped or in small letters; the message lists those that are known."""
    with pytest.raises(ValueError, match=f"unknown variable '{variable}'; known: .*DRIFTMETER_REFERENCE,"):
        Settings.resolve({}, environ={variable: "x"})


def test_unknown_argument_is_refused():
    """With those that are known."""
    with pytest.raises(ValueError, match=r"unknown argument 'windoes'; known: .*windows"):
        Settings.resolve({"windoes": 1}, environ={})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("windows = [", "cannot be read as TOML"),
        ("driftmeter = 5", "write a table"),
        ("[driftmeter]\nwindoes = 1", "unknown setting in .*toml: 'windoes'"),
        ("spans = 'some'", "spans in .*toml is 'some': write true or false"),
    ],
)
def test_wrong_file_is_refused(text, message, tmp_path):
    """The message names the file."""
    file = tmp_path / "driftmeter.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        Settings.resolve({}, environ={"DRIFTMETER_CONFIG_FILE": str(file)})


def test_missing_file_is_refused():
    """A file that was asked for is needed."""
    with pytest.raises(ValueError, match=r"DRIFTMETER_CONFIG_FILE is '/no/such\.toml', which cannot be read"):
        Settings.resolve({}, environ={"DRIFTMETER_CONFIG_FILE": "/no/such.toml"})


@pytest.mark.parametrize("given", [{"hash_key": "5ecret key, by mistake"}, {"hash_key": 5_5_5}])
def test_a_wrong_key_reference_is_not_quoted(given):
    """It may be the key itself."""
    with pytest.raises(ValueError, match="argument hash_key is not what it takes: write env:NAME") as caught:
        Settings.resolve(given, environ={})
    assert str(given["hash_key"]) not in str(caught.value)
    with pytest.raises(ValueError, match="variable DRIFTMETER_HASH_KEY is not what it takes"):
        Settings.resolve({}, environ={"DRIFTMETER_HASH_KEY": str(given["hash_key"])})


def test_policies_may_be_a_table(tmp_path):
    """Of columns and policies, in the file."""
    file = tmp_path / "driftmeter.toml"
    file.write_text('[driftmeter.policies]\nemail = "hash"\n"home address" = "drop"\nage = "bucket:18|65"\n')
    settled = Settings.resolve({}, environ={"DRIFTMETER_CONFIG_FILE": str(file)})
    assert settled.policies == ("age=bucket:18|65", "email=hash", "home address=drop")


def test_variables_of_our_tools_are_left_alone():
    """They configure the Collector examples and the test stack."""
    environ = {"DRIFTMETER_TOOLS_DIR": "x", "DRIFTMETER_OTLP_PORT": "1", "DRIFTMETER_STACK_DIR": "x", "PATH": "x"}
    assert Settings.resolve({}, environ=environ) == Settings()


def test_references_are_separated_as_in_path():
    """As every list of files."""
    settled = Settings.resolve({}, environ={"DRIFTMETER_REFERENCE": f"a.json{os.pathsep}b.json"})
    assert settled.reference == ("a.json", "b.json")


@given(st.dictionaries(st.sampled_from(sorted(TABLE)), st.text() | st.integers() | st.floats() | st.booleans()))
def test_settings_are_settled_or_refused(given):
    """Whatever is given: nothing but ValueError, and what is settled settles to itself."""
    try:
        settled = Settings.resolve(given, environ={})
    except ValueError:
        return
    again = Settings.resolve(dataclasses.asdict(settled), environ={})
    assert again == settled
