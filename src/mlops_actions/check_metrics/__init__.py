"""Judge a release on trial by its live metrics; act on nothing."""
