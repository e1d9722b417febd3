"""OpenSSL verifies what is signed through the embedded KMS: requests, and chains under its strict rules."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest

from kmsjose import InputError, KMSSigner, kms, x509
from kmsjose.algorithms import TABLE, Family

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl on this machine"),
]
#: OpenSSL knows ML-DSA from 3.5 on; those are verified by `cryptography` in the other tests.
KNOWN = [row for row in TABLE if row.family is not Family.ML_DSA]


def openssl(*arguments) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def client():
    return kms.connect(local=":memory:")


@pytest.fixture(params=KNOWN, ids=lambda row: row.name)
def opened(request, client):
    """Three signers of an algorithm: of a root, of a CA below it, and of an issuer of tokens."""
    row = request.param
    bits = 2048 if row.kty == "RSA" else None
    return [KMSSigner.open(client, kms.create_key(client, row.name, bits=bits), row.name) for _ in range(3)]


def test_it_verifies_a_request_and_a_chain_of_three(opened, tmp_path):
    top, middle, issuer = opened
    root = x509.self_signed(top, "CN=Root,O=Example", role=x509.CA(1), lifetime=timedelta(days=30))
    asked = x509.read_request(x509.csr(middle, "CN=Issuing CA,O=Example"))
    above = x509.issue(top, root, asked, role=x509.CA(0), lifetime=timedelta(days=20))
    pem = x509.csr(issuer, "CN=issuer,O=Example", ["uri:https://issuer.example", "dns:issuer.example"])
    chain = x509.issue(middle, above, x509.read_request(pem), lifetime=timedelta(days=10))

    files = {"csr": pem, "root": root.to_pem(), "above": above.to_pem(), "chain": chain.to_pem()}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert "verify OK" in openssl("req", "-verify", "-noout", "-in", tmp_path / "csr")
    strict = ("verify", "-x509_strict", "-check_ss_sig", "-CAfile", tmp_path / "root", "-untrusted", tmp_path / "above")
    assert openssl(*strict, tmp_path / "chain").strip().endswith("chain: OK")


def test_it_reads_the_extensions(client, tmp_path):
    signer = KMSSigner.open(client, kms.create_key(client, "ES256"))
    chain = x509.self_signed(signer, "CN=Root,O=Example", role=x509.CA(), lifetime=timedelta(days=30))
    (tmp_path / "root").write_text(chain.to_pem())
    shown = openssl("x509", "-noout", "-text", "-in", tmp_path / "root")
    for line in (
        "CA:TRUE, pathlen:0",
        "Certificate Sign, CRL Sign",
        "X509v3 Subject Key Identifier",
        "X509v3 Authority Key Identifier",
    ):
        assert line in shown


def test_its_own_requests_are_read(tmp_path):
    names = "subjectAltName=DNS:partner.example,URI:https://partner.example"
    wanted = ("-subj", "/O=Example/CN=partner", "-addext", names)
    made = ("-keyout", tmp_path / "key", "-out", tmp_path / "csr")
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", *wanted, *made)
    request = x509.read_request((tmp_path / "csr").read_bytes())
    assert request.subject.rfc4514_string() == "CN=partner,O=Example"
    assert request.sans == ("dns:partner.example", "uri:https://partner.example")


def test_a_request_of_a_key_that_is_restricted_to_pss_is_refused(tmp_path, refused):
    """The certificate would not hold the restriction."""
    key = ("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", tmp_path / "key")
    openssl(*key)
    openssl("req", "-new", "-key", tmp_path / "key", "-subj", "/CN=pss", "-out", tmp_path / "csr")
    with refused("request-invalid", InputError) as caught:
        x509.read_request((tmp_path / "csr").read_text())
    assert "PSS" in caught.value.message
