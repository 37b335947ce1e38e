"""What can go wrong, typed by what is to be done about it."""


class TwogetherError(Exception):
    """Anything this program raises on purpose."""


class Refused(TwogetherError):
    """The person asked for something that cannot be done. The sentence is theirs to read: a msgid."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.values = values


class Forged(Refused):
    """A button's data that we never made, or that is somebody else's."""


class Misconfigured(TwogetherError):
    """The environment is not usable; one sentence says what to change."""
