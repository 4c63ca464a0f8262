"""Settings of every test."""

import os

from hypothesis import settings

# A shared runner is slow now and then; how long an example takes says nothing about the code. CI looks at the same
# examples each time, so that a change is blamed for what it did; a developer's machine goes on searching.
settings.register_profile("ours", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("ours")
