"""Pull requests of the flights example, from push to comment: what the comment says, how the check ends, what was run."""

from collections.abc import Callable

from support.act import Act
from support.consumer import Consumer
from support.github_server import GitHubServer

Make = Callable[[str], Consumer]


def test_a_pull_request_that_changes_nothing(act: Act, consumer: Make, github: GitHubServer) -> None:
    repository = consumer("flights")
    (repository.folder / "NOTES.md").write_text("nothing that the model sees\n")
    repository.commit("Notes")
    pull = repository.propose(github)
    run = act.pull_request(repository, github, pull)
    assert run.code == 0, run.log

    assert github.checks(pull.head)["mlops / flights"].conclusion == "success"
