"""What people read of the gate: comment, check run, job summary and HTML page, each a view of gate records."""

from mlops_actions.comment.check import CheckOutput, check
from mlops_actions.comment.gather import read_reports, record, results
from mlops_actions.comment.markdown import comment
from mlops_actions.comment.page import page
from mlops_actions.comment.summary import summary

__all__ = ["CheckOutput", "check", "comment", "page", "read_reports", "record", "results", "summary"]
