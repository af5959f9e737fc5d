"""Examples of a law may take as long as a busy machine needs: tests here are not timed."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
