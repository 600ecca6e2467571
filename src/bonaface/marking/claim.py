"""What a seal says of a result: whose consent, for what purpose, made by which version from which frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bonaface.terms.errors import ConsentError
from bonaface.terms.permit import Permit, Purpose
from bonaface.terms.version import __version__


@dataclass(frozen=True, slots=True)
class Claim:
    """The maker's statement about one result.

    ``permits`` hold one for each person shown; ``settings`` is any text that stands for what changes the pixels (the
    avatar's sum, options): a clip that was interrupted is taken up again only where it is the same. Of ``frames``,
    ``swapped`` show a person, ``held`` were rendered where a face was last seen, ``hidden`` have a face blurred
    (``frames`` 0: not counted). ``as_given``: a sheet of the person's own pictures, on which nothing was rendered.
    ``performance_sha256``: of the clip whose actor a still picture was made to follow, empty where there was none.
    """

    permits: tuple[Permit, ...]
    settings: str = ""
    frames: int = 0
    swapped: int = 0
    held: int = 0
    hidden: int = 0
    as_given: bool = False
    performance_sha256: str = ""
    version: str = __version__

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """The purposes that the permits were given for, each once."""
        return tuple(dict.fromkeys(permit.purpose for permit in self.permits))

    @property
    def statement(self) -> str:
        """The sentences on consent that every reader is shown, each once."""
        return "; ".join(dict.fromkeys(permit.statement for permit in self.permits))

    @property
    def anonymous(self) -> bool:
        """Whether the face was lent to somebody who must not be known: the result then says nothing of its original."""
        return "anonymise" in self.purposes

    @property
    def for_benchmark(self) -> bool:
        """Whether somebody shown may be rendered only for measuring."""
        return any(permit.basis == "benchmark" for permit in self.permits)

    def check(self, today: date) -> None:
        """Refuse what nobody, or nobody any more, agreed to.

        Raises:
            ConsentError: no permit at all, or an expired one.
        """
        if not self.permits:
            raise ConsentError("Nothing leaves without a permit; ask people.consent.permit_swap for each person shown.")
        for permit in self.permits:
            if permit.expires < today:
                raise ConsentError(
                    f"The consent of {permit.person_name} ended on {permit.expires}; ask for a new one and add it."
                )
