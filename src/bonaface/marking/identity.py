"""The local signing identity: a root of one's own and a signing certificate under it, made on first use."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonaface.terms.errors import NoSpaceError, SealError

ROOT_LIFE = timedelta(days=5 * 365)
SIGNER_LIFE = timedelta(days=365)
RENEW_SIGNER_BELOW = timedelta(days=335)
"""Without a time stamp a seal is vouched for only as long as its certificate lasts. A signer is therefore replaced
after a month, so that every seal has at least eleven months."""
_ORGANIZATION = "bonaface local identity"
_BACKDATED = timedelta(hours=1)
"""Clocks of two machines differ: a certificate that begins this moment would be "not yet valid" next door."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What signing needs.

    ``chain_pem`` is the signer's certificate followed by its root's; ``key_pem`` the signer's private key (PKCS 8, not
    encrypted); ``anchors_pem`` every root that this home ever had.
    """

    chain_pem: bytes
    key_pem: bytes
    anchors_pem: bytes


def signing_identity(home: Path) -> Identity:
    """Return the identity of a home folder; made on first use, its signer renewed every month.

    Safe with several processes: the folder appears whole by one rename, and each file is replaced whole.

    Raises:
        NoSpaceError: ``home`` cannot be written. SealError: the identity is damaged.
    """
    folder = home / "identity"
    try:
        if not folder.is_dir():
            _make_folder(home, folder)
        _keep_private(folder)
        return _load(folder)
    except (ValueError, TypeError, FileNotFoundError) as error:
        raise SealError(
            f"The signing identity in {folder} is damaged ({error}); move that folder away and a new one is made "
            "(seals of the old one then need --trust with its root.crt)."
        ) from error
    except OSError as error:
        raise NoSpaceError(f"{folder} cannot be used ({error.strerror}); free space or correct its rights.") from error


def trust_anchors(home: Path) -> bytes:
    """Return the PEM certificates of every root this home ever had, empty where it never signed anything."""
    folder = home / "identity"
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.crt")))


def _load(folder: Path) -> Identity:
    now = datetime.now(UTC)
    root_key, root = _read_pair(folder / "root.pem")
    if root.not_valid_after_utc - now < SIGNER_LIFE:
        _replace(folder / f"former-{root.serial_number:x}.crt", _pem(root), 0o644)
        root_key, root = _make_root(now)
        _write_root(folder, root_key, root)
        _write_signer(folder, root_key, root, now)
    signer_key, signer = _read_pair(folder / "signer.pem")
    if signer.not_valid_after_utc - now < RENEW_SIGNER_BELOW or signer.issuer != root.subject:
        _write_signer(folder, root_key, root, now)
        signer_key, signer = _read_pair(folder / "signer.pem")
    return Identity(_pem(signer) + _pem(root), _key_pem(signer_key), trust_anchors(folder.parent))


def _make_folder(home: Path, folder: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".identity-", dir=home))  # mode 0700
    now = datetime.now(UTC)
    try:
        key, root = _make_root(now)
        _write_root(draft, key, root)
        _write_signer(draft, key, root, now)
        # Another process may have been first; then its folder is not empty, the rename fails, and its identity counts.
        with contextlib.suppress(OSError):
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _make_root(now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    # The serial in the name tells the roots of two machines (and a renewed one) apart for whoever trusts both.
    name = _name(f"Root {x509.random_serial_number():x}"[:24])
    builder = (
        _certificate(name, name, key, key, (now, ROOT_LIFE))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    return key, builder.sign(key, hashes.SHA256())


def _make_signer(
    root_key: ec.EllipticCurvePrivateKey, root: x509.Certificate, now: datetime
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _certificate(_name("Signer"), root.subject, key, root_key, (now, SIGNER_LIFE))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )
    return key, builder.sign(root_key, hashes.SHA256())


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    begin_and_life: tuple[datetime, timedelta],
) -> x509.CertificateBuilder:
    now, life = begin_and_life
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _write_root(folder: Path, key: ec.EllipticCurvePrivateKey, root: x509.Certificate) -> None:
    _replace(folder / "root.crt", _pem(root), 0o644)
    _replace(folder / "root.pem", _key_pem(key) + _pem(root), 0o600)


def _write_signer(folder: Path, root_key: ec.EllipticCurvePrivateKey, root: x509.Certificate, now: datetime) -> None:
    key, signer = _make_signer(root_key, root, now)
    # Key and certificate share one file, so that a reader never meets the key of one and the certificate of another.
    _replace(folder / "signer.pem", _key_pem(key) + _pem(signer), 0o600)


def _replace(path: Path, content: bytes, mode: int) -> None:
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600 from the first byte
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(mode)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _read_pair(path: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    content = path.read_bytes()
    key = serialization.load_pem_private_key(content, None)
    certificate = x509.load_pem_x509_certificate(content)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError(f"{path.name} holds a key and a certificate that do not belong together")
    return key, certificate


def _keep_private(folder: Path) -> None:
    folder.chmod(0o700)
    for path in folder.glob("*.pem"):
        path.chmod(0o600)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
