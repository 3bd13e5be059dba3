"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """The answer of `stepnet.check`. It is true if the function is right, and prints as a teacher would say it.

    Attributes
    ----------
    function : str
        The notebook's function, such as ``"convolution.conv_forward"``.
    right : bool
        Whether all results agree, and no argument is changed.
    mistakes : tuple of str
        Short names of the mistakes that explain all differences together; empty where the function is right, or where no known
        mistake explains all.
    cases : int
        How many calls were made.
    failed : int
        How many of them gave something else.
    text : str
        The answer in words.
    """

    function: str
    right: bool
    mistakes: tuple[str, ...]
    cases: int
    failed: int
    text: str

    def __bool__(self) -> bool:
        return self.right

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text
