"""Settings of every test."""

from hypothesis import settings

# A shared runner is slow now and then; how long an example takes says nothing about the code.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
