"""The last steps of every file that leaves: sign, read back, record in the ledger, move into place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bonaface.marking.claim import Claim
from bonaface.marking.identity import signing_identity
from bonaface.marking.manifest import media_type_of, sign_file, source_type_of
from bonaface.marking.passing import PassingFolder
from bonaface.marking.read import read_seal
from bonaface.marking.segments import sha256_of
from bonaface.media.scratch import atomic_path, check_output
from bonaface.people.home import home_folder
from bonaface.people.ledger import Ledger
from bonaface.terms.errors import MissingFileError, RefusedError, SealError, UsageError


@dataclass(frozen=True, slots=True)
class Released:
    """A sealed file in its place.

    ``sha256`` is hex; ``remarks`` are sentences on what was converted or could not be kept; ``beside`` are files put
    beside it, such as subtitles that its container cannot hold.
    """

    path: Path
    sha256: str
    remarks: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    frames: int = 1


class Sealer:
    """Checks before any work is done what would keep a file from leaving, and later takes it through the last steps."""

    def __init__(
        self,
        destination: Path,
        source: Path | None,
        claim: Claim,
        home: Path | None,
        *,
        force: bool,
        passing: PassingFolder | None,
        keep_local: bool = False,
    ) -> None:
        """Refuse now what would be refused in the end. Raises as `door.release_image`."""
        claim.check(date.today())
        if claim.for_benchmark and not keep_local and (passing is None or not passing.holds(destination)):
            raise RefusedError(
                "Consent for benchmarks covers measuring only: render into a folder that is deleted afterwards."
            )
        if claim.as_given and source is not None:
            raise UsageError(f"{destination.name} is no sheet; only a sheet can show pictures as given.")
        if source is not None and not source.is_file():
            raise MissingFileError(f"{source} is gone; the seal names the file that was opened, put it back.")
        check_output(destination, [] if source is None else [source], force)
        media_type_of(destination)
        self.destination, self._source = destination, None if claim.anonymous else source
        self.home = home_folder() if home is None else home
        Ledger(self.home).check()
        self.source_sha256 = "" if source is None else sha256_of(source)
        """Of the file that was opened; of an anonymised one it goes no further than this process."""

    def seal(self, unsigned: Path, claim: Claim) -> Released:
        """Return the released file: signed, read back, recorded, and only then moved into place."""
        identity = signing_identity(self.home)
        named = "" if claim.anonymous else self.source_sha256
        with atomic_path(self.destination) as draft:
            sign_file(
                unsigned,
                draft,
                claim,
                identity,
                source=self._source,
                target_sha256=named,
            )
            self._read_back(draft, claim)
            sum_of_file = sha256_of(draft)
            Ledger(self.home).record(
                "release",
                path=str(self.destination.resolve()),
                sha256=sum_of_file,
                target_sha256=named,
                purposes=list(claim.purposes),
                bases=[permit.basis for permit in claim.permits],
                people=[permit.person_id for permit in claim.permits],
                consents=[permit.consent_sha256 for permit in claim.permits],
                version=claim.version,
            )
        return Released(self.destination, sum_of_file)

    def _read_back(self, draft: Path, claim: Claim) -> None:
        seal = read_seal(draft, home=self.home)
        declared = seal.source_types == (source_type_of(claim).rsplit("/", 1)[-1],)
        consents = tuple(permit.consent_sha256 for permit in claim.permits)
        if (seal.state, seal.signer) != ("whole", "trusted") or not declared or seal.consent_sha256 != consents:
            why = ", ".join((seal.state, *seal.failures))
            raise SealError(
                f"The seal of {self.destination.name} did not read back ({why}), so nothing was released; repeat the "
                "command, and run bonaface doctor if it happens again."
            )
