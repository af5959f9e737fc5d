from driftmeter.drift import Reference
from driftmeter.view.reference import reference_view


def test_a_reference_shows_each_column_with_its_shares(drawn):
    """Role, kind, missing share, the shape of the counts, and what is in it."""
    reference = Reference.from_data(
        {"city": ["Oslo", "Oslo", "Rome", None], "age": [1.5, 2.5, 3.5, 4.5], "score": [0.1, 0.2, 0.3, 0.4]},
        model="demo",
        version="7",
        outputs=["score"],
    )
    shown = drawn(reference_view(reference, "demo.json"))
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}

    assert "4 rows   3 columns   demo.json" in lines["demo"]
    assert all(text in lines["city"] for text in ("input", "category", "25.0%", "Oslo, Rome"))
    assert "1.5 to 4.5, mean 3" in lines["age"]
    assert "output" in lines["score"]


def test_foreign_names_do_not_steer_the_terminal(drawn):
    """A reference is a file that somebody else may have written."""
    odd = "\x1b[31m\x9b\u202e[/x]"
    reference = Reference.from_data({f"city{odd}": [f"Oslo{odd}", "Rome"]}, model=f"demo{odd}", version=odd)
    shown = drawn(reference_view(reference, f"{odd}.json"))
    assert "city\\x1b[31m\\x9b\\u202e[/x]" in shown
    assert "Oslo\\x1b" in shown
    assert not any(c in shown for c in "\x1b\x9b\u202e")


def test_a_column_of_many_labels_is_cut_short(drawn):
    """The table stays a table."""
    reference = Reference.from_data({"code": [f"label-{n:03}" for n in range(90)]}, model="demo")
    shown = drawn(reference_view(reference, "demo.json"))

    assert "label-000" in shown
    assert "label-080" not in shown
    assert max(map(len, shown.splitlines())) <= 120
