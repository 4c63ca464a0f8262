"""Stages put together: the rollout, the run of all of them, and the demonstration."""
