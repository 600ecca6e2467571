from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from bonaface.marking import identity as module
from bonaface.marking.identity import signing_identity, trust_anchors
from bonaface.terms.errors import NoSpaceError, SealError


def certificates(pem: bytes) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem)


def test_first_use_makes_a_private_folder_and_private_keys(home: Path) -> None:
    signing_identity(home)
    folder = home / "identity"
    assert folder.stat().st_mode & 0o777 == 0o700
    keys = list(folder.glob("*.pem"))
    assert {path.name for path in keys} == {"root.pem", "signer.pem"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in keys)
    assert b"PRIVATE" not in (folder / "root.crt").read_bytes()
    assert [path.name for path in home.iterdir()] == ["identity"], "no draft may stay behind"


def test_signer_is_an_end_entity_under_its_own_root(home: Path) -> None:
    identity = signing_identity(home)
    signer, root = certificates(identity.chain_pem)
    signer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert not signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = signer.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and not usage.value.key_cert_sign
    extended = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
    above = signer.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert above == root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert isinstance(signer.public_key(), ec.EllipticCurvePublicKey)
    assert signer.public_key().curve.name == "secp256r1"
    assert timedelta(days=360) < signer.not_valid_after_utc - datetime.now(UTC) < timedelta(days=366)


def test_key_belongs_to_the_first_certificate(home: Path) -> None:
    identity = signing_identity(home)
    key = serialization.load_pem_private_key(identity.key_pem, None)
    assert key.public_key() == certificates(identity.chain_pem)[0].public_key()


def test_second_use_is_the_same_identity(home: Path) -> None:
    assert signing_identity(home) == signing_identity(home)


def test_two_homes_have_different_roots(tmp_path: Path) -> None:
    one, other = (certificates(signing_identity(tmp_path / name).anchors_pem)[0] for name in "ab")
    assert one.subject != other.subject


def test_open_rights_are_closed_again(home: Path) -> None:
    signing_identity(home)
    (home / "identity" / "signer.pem").chmod(0o644)
    signing_identity(home)
    assert (home / "identity" / "signer.pem").stat().st_mode & 0o777 == 0o600


def test_signer_is_renewed_long_before_it_ends_and_root_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = certificates(signing_identity(home).chain_pem)
    monkeypatch.setattr(module, "RENEW_SIGNER_BELOW", timedelta(days=366))
    new = certificates(signing_identity(home).chain_pem)
    assert new[0].serial_number != old[0].serial_number
    assert new[1] == old[1]


def test_ending_root_is_replaced_and_the_former_stays_trusted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOT_LIFE", timedelta(days=200))
    former = certificates((signing_identity(home), trust_anchors(home))[1])[0]
    monkeypatch.undo()
    identity = signing_identity(home)
    signer, root = certificates(identity.chain_pem)
    assert root != former
    signer.verify_directly_issued_by(root)
    assert {former, root} <= set(certificates(identity.anchors_pem))
    assert identity == signing_identity(home)


def test_threads_that_come_at_once_get_one_identity(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: signing_identity(home), range(16)))
    assert len({identity.chain_pem for identity in got}) == 1
    assert [path.name for path in home.iterdir()] == ["identity"]


def test_processes_that_come_at_once_get_one_identity(home: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        got = pool.map(signing_identity, [home] * 6)
    assert len({identity.chain_pem for identity in got}) == 1


@pytest.mark.parametrize(
    "damage", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_damaged_identity_is_said_with_the_cure(home: Path, damage: bytes) -> None:
    signing_identity(home)
    (home / "identity" / "signer.pem").write_bytes(damage)
    with pytest.raises(SealError, match="move that folder away"):
        signing_identity(home)


def test_swapped_certificate_is_noticed(home: Path, tmp_path: Path) -> None:
    signing_identity(home)
    signing_identity(tmp_path / "other")
    mine = (home / "identity" / "root.pem").read_bytes()
    key, other = mine.split(b"-----BEGIN CERTIFICATE-----")[0], (tmp_path / "other/identity/root.crt").read_bytes()
    (home / "identity" / "root.pem").write_bytes(key + other)
    with pytest.raises(SealError, match="do not belong together"):
        signing_identity(home)


def test_home_that_is_a_file_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(NoSpaceError, match="cannot be used"):
        signing_identity(tmp_path / "home")


def test_no_identity_no_anchors(home: Path) -> None:
    assert trust_anchors(home) == b""
    assert not home.exists(), "reading never makes an identity"
