"""A certificate authority for a test, and the signing keys that it certifies to whoever it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID


class Authority:
    """A root and one authority below it."""

    def __init__(self) -> None:
        self._root_key, self._key = _new_key(), _new_key()
        root = _name("Root of the tests")
        self._issuer = _name("Authority of the tests")
        self.root = _certificate(root, root, self._root_key, self._root_key, depth=1)
        self.between = _certificate(self._issuer, root, self._key, self._root_key, depth=0)

    @property
    def roots(self) -> str:
        """The root, as PEM."""
        return _pem(self.root)

    def issued(self, name: str, *, days: int = 30) -> tuple[RSAPrivateKey, str]:
        """A key and its certificate chain for a host name, good from an hour ago on; `days` may be over already."""
        key = _new_key()
        leaf = _certificate(_name(name), self._issuer, key, self._key, host=name, days=days)
        return key, _pem(leaf) + _pem(self.between)


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65_537, key_size=2_048)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: RSAPrivateKey,
    by: RSAPrivateKey,
    *,
    depth: int | None = None,
    host: str | None = None,
    days: int = 30,
) -> x509.Certificate:
    now = datetime.now(UTC)
    is_authority = depth is not None
    usage = {
        "digital_signature": not is_authority, "content_commitment": False, "key_encipherment": False, "data_encipherment": False,
        "key_agreement": False, "key_cert_sign": is_authority, "crl_sign": is_authority, "encipher_only": False,
        "decipher_only": False,
    }  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=depth), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if host is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(by, hashes.SHA256())
