"""Verifies signatures with ML-DSA by dilithium-py, which shares no code with us and knows no X.509.

ml_dsa.py KIND FILE ISSUER: KIND is certificate, crl, ocsp or cms; ISSUER is the certificate of the key that signed; all DER.
Reads just enough DER to find what is signed, the algorithm, the signature and the key (RFC 9881, RFC 9882). Ends with 1
where the signature does not hold.
"""

import hashlib
import sys

from dilithium_py.ml_dsa import ML_DSA_44, ML_DSA_65

# 2.16.840.1.101.3.4.3.17 and .18 (RFC 9881, 2)
ALGORITHMS = {
    bytes.fromhex("0609608648016503040311"): ML_DSA_44,
    bytes.fromhex("0609608648016503040312"): ML_DSA_65,
}
MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
DIGESTS = {
    bytes.fromhex("0609608648016503040201"): hashlib.sha256,
    bytes.fromhex("0609608648016503040202"): hashlib.sha384,
    bytes.fromhex("0609608648016503040203"): hashlib.sha512,
}


def values(octets):
    """The values one after another: tag, content and the whole encoding."""
    at = 0
    while at < len(octets):
        start, tag, length = at, octets[at], octets[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(octets[at : at + count], "big")
            at += count
        yield tag, octets[at : at + length], octets[start : at + length]
        at += length


def inside(octets):
    """The values in the first value."""
    return list(values(next(values(octets))[1]))


def algorithm(identifier):
    parts = inside(identifier)
    assert len(parts) == 1, "the algorithm identifier has parameters (RFC 9881, 2)"
    return ALGORITHMS[parts[0][2]]


def bit_string(value):
    assert value[0] == 0x03 and value[1][0] == 0
    return value[1][1:]


def public_key(certificate):
    fields = [field for field in inside(inside(certificate)[0][2]) if field[0] != 0xA0]
    identifier, key = inside(fields[5][2])
    return algorithm(identifier[2]), bit_string(key)


def signed(octets):
    """Parts of SIGNED: what is signed, with what, the signature."""
    content, identifier, signature = inside(octets)[:3]
    return content[2], algorithm(identifier[2]), bit_string(signature)


def ocsp(octets):
    status, answer = inside(octets)
    assert status[1] == b"\0", "no answer"
    return signed(inside(answer[1])[1][1])


def cms(octets):
    data = inside(inside(octets)[1][1])
    content = list(values(inside(data[2][2])[1][1]))[0][1]
    info = inside(list(values(data[-1][1]))[0][2])
    digest, attributes, identifier, signature = info[2:6]
    attributes = b"\x31" + attributes[2][1:]
    stated = next(inside(one[2])[1] for one in inside(attributes) if inside(one[2])[0][2] == MESSAGE_DIGEST)
    made = DIGESTS[inside(digest[2])[0][2]](content).digest()
    if next(values(stated[1]))[1] != made:
        sys.exit("the digest is of another content")
    return attributes, algorithm(identifier[2]), signature[1]


kind, file, issuer = sys.argv[1:]
octets = open(file, "rb").read()
content, named, signature = {"certificate": signed, "crl": signed, "ocsp": ocsp, "cms": cms}[kind](octets)
scheme, key = public_key(open(issuer, "rb").read())
if scheme is not named:
    sys.exit("the key is of another parameter set")
if not scheme.verify(key, content, signature):
    sys.exit("the signature does not hold")
