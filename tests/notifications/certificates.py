"""Certificates for mail servers in tests, signed by an authority of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Authority:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def issue(self, name: str, san: x509.GeneralName, ends: datetime) -> Path:
        """Writes a certificate with its key, and returns the file."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _unsigned(key, _common_name(name), self.name, ends)
            .add_extension(x509.SubjectAlternativeName([san]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        return file


def new_authority(folder: Path) -> Authority:
    key, name = ec.generate_private_key(ec.SECP256R1()), _common_name("Test authority")
    certificate = (
        _unsigned(key, name, name, _tomorrow())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    authority = Authority(folder, key, name)
    authority.file.write_bytes(certificate.public_bytes(Encoding.PEM))
    return authority


def valid_certificate(authority: Authority) -> Path:
    return authority.issue("valid", x509.IPAddress(IPv4Address("127.0.0.1")), _tomorrow())


def certificate_of_another_name(authority: Authority) -> Path:
    return authority.issue("another-name", x509.DNSName("mail.example"), _tomorrow())


def expired_certificate(authority: Authority) -> Path:
    ended = datetime.now(UTC) - timedelta(days=1)
    return authority.issue("expired", x509.IPAddress(IPv4Address("127.0.0.1")), ended)


def _unsigned(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=10))
        .not_valid_after(ends)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)
