from driftmeter.view.settings import settings_view


def test_each_setting_is_a_row(drawn):
    """Variable, value, origin, meaning; a value that is not set is a dash."""
    shown = drawn(settings_view([("DRIFTMETER_X", "", "default", "What x is."), ("DRIFTMETER_Y", "7", "file", "Y.")]))
    first, second = shown.splitlines()[1:3]

    assert first.split() == ["DRIFTMETER_X", "-", "default", "What", "x", "is."]
    assert second.split() == ["DRIFTMETER_Y", "7", "file", "Y."]
