from driftmeter.pipeline import catalogue
from driftmeter.pipeline.catalogue import Defaults, KnownModel


def test_announcements_replace_each_other():
    """And stay the very same tuple in between, so that sources can remember what they worked out from it."""
    before = (catalogue.known(), catalogue.defaults())
    models = [KnownModel("air-time", "1", ("distance",), ("minutes",))]
    catalogue.announce(models, Defaults(model_name="lines"))
    assert catalogue.known() is catalogue.known()
    assert (catalogue.known(), catalogue.defaults().model_name) == (tuple(models), "lines")
    catalogue.announce(*before)
    assert (catalogue.known(), catalogue.defaults()) == before
