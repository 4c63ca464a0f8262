"""What goes wrong in a server: the client's fault, or the model's. The server imports nothing else of this project."""


class RefusedError(Exception):
    """The request cannot be answered as it is.

    Args:
        status: HTTP status: 400 not readable, 404 no such thing, 413 too large, 422 readable but wrong, 503 not ready.
        sentence: what is wrong, for the client.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class ModelError(Exception):
    """The model files cannot be served, the model's runtime failed, or the address cannot be had."""
