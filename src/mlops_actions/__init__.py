"""mlops-actions: composable GitHub Actions for a model that lives in a repository."""

__version__ = "0.1.0"
