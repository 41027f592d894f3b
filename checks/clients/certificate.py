"""Reads from a certificate what a person needs to see: subject, issuer, names, validity (RFC 5280, DER).

The standard library shows these fields of verified certificates only; the interesting ones here are those that
failed. Nothing is decided by this reader.
"""

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime

from checks.facts import Certificate

_SEQUENCE, _BIT_VERSION, _EXTENSIONS = 0x30, 0xA0, 0xA3
_UTC_TIME, _GENERALIZED_TIME, _BMP_STRING = 0x17, 0x18, 0x1E
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_SUBJECT_ALT_NAME = bytes.fromhex("551d11")
_NAMES = {
    bytes.fromhex("550403"): "CN",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "ST",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550405"): "serialNumber",
    bytes.fromhex("2a864886f70d010901"): "emailAddress",
    bytes.fromhex("0992268993f22c640119"): "DC",
}
_MOST_NAMES = 100


def read(der: bytes) -> Certificate | None:
    """Return the certificate's fields, or None if it cannot be read. Never raises."""
    try:
        return _certificate(der)
    except (ValueError, IndexError):
        return None


def _certificate(der: bytes) -> Certificate:
    fields = list(_parts(_only(_only(der))))
    if fields[0][0] == _BIT_VERSION:
        fields = fields[1:]
    issuer, validity, subject = (value for _, value in fields[2:5])
    begin, end = (_time(tag, value) for tag, value in _parts(validity))
    extensions = next((value for tag, value in fields[6:] if tag == _EXTENSIONS), b"")
    return Certificate(_name(subject), _name(issuer), tuple(_alternative(extensions)), begin, end)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a DER sequence: tag and content."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data):
            raise ValueError("cut short")
        yield tag, data[at : at + length]
        at += length


def _only(data: bytes) -> bytes:
    """The content of the first element, which must be a sequence."""
    tag, value = next(_parts(data), (0, b""))
    if tag != _SEQUENCE:
        raise ValueError("not a sequence")
    return value


def _name(data: bytes) -> str:
    """A distinguished name as `CN=..., O=...` in the order of the certificate; whole, so that two can be compared."""
    shown = []
    for _, group in _parts(data):
        for _, pair in _parts(group):
            (_, oid), (tag, text) = _parts(pair)
            words = text.decode("utf-16-be" if tag == _BMP_STRING else "utf-8", "replace")
            shown.append(f"{_NAMES.get(oid) or 'OID ' + oid.hex()}={words}")
    return ", ".join(shown)


def _time(tag: int, value: bytes) -> datetime | None:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        return None
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _alternative(extensions: bytes) -> Iterator[str]:
    """DNS names and addresses of the subjectAltName extension."""
    for _, extension in _parts(_only(extensions) if extensions else b""):
        oid, *_, (_, content) = _parts(extension)
        if oid[1] != _SUBJECT_ALT_NAME:
            continue
        for tag, value in list(_parts(_only(content)))[:_MOST_NAMES]:
            if tag == _DNS_NAME:
                yield value.decode("utf-8", "replace")
            elif tag == _IP_ADDRESS:
                yield str(ipaddress.ip_address(value))
