"""`kmsjose key csr`, `kmsjose key cert`, and --chain where tokens are signed and keys exported."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_csr

from kmsjose import Chain, KeySet, cose, jws, jwt, x509
from kmsjose.keys import check_haip, check_trust

CREDENTIAL = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://university.example",
    "credentialSubject": {"name": "Alice"},
}
CLAIMS = '{"sub": "alice"}'


@pytest.fixture
def root(local, tmp_path):
    """The certificate of the RSA key as a CA."""
    path = tmp_path / "root.pem"
    made = local(
        "key", "cert", "alias/rsa", "--alg", "PS256", "--ca", "--subject", "CN=Root,O=Example", "--lifetime", "3650d"
    ).ok()
    path.write_bytes(made.stdout)
    return path


@pytest.fixture
def request_(local, tmp_path):
    path = tmp_path / "issuer.csr"
    subject = ("--subject", "CN=issuer,O=Example", "--san", "uri:https://issuer.example")
    path.write_bytes(local("key", "csr", "alias/issuer", *subject).ok().stdout)
    return path


@pytest.fixture
def issue(local, root, request_):
    def run(*arguments):
        return local("key", "cert", "alias/rsa", "--alg", "PS256", "--csr", request_, "--ca-cert", root, *arguments)

    return run


@pytest.fixture
def chain(issue, tmp_path):
    """The chain of the issuer's key, in a file."""
    path = tmp_path / "issuer.pem"
    path.write_bytes(issue().ok().stdout)
    return path


@pytest.fixture
def trusted(made):
    return KeySet.from_jwks(made.jwks.read_bytes())


class TestCSR:
    def test_it_is_printed_in_pem(self, request_):
        request = x509.read_request(request_.read_bytes())
        assert request.subject.rfc4514_string() == "CN=issuer,O=Example"
        assert request.sans == ("uri:https://issuer.example",)

    def test_into_a_file(self, local, tmp_path):
        path = tmp_path / "x.csr"
        made = local("key", "csr", "alias/rsa", "--alg", "RS512", "--subject", "CN=x", "--out", path).ok()
        assert made.stdout == b""
        assert x509.read_request(path.read_bytes()).subject == x509.name("CN=x")

    def test_an_rsa_key_is_told_how_to_sign(self, local):
        local("key", "csr", "alias/rsa", "--subject", "CN=x").refused(2, "alg-required")

    @pytest.mark.parametrize(
        "arguments, code",
        [
            ((), "usage"),
            (("--subject", "issuer"), "name-invalid"),
            (("--subject", ""), "name-invalid"),
            (("--subject", "CN=x", "--san", "issuer.example"), "name-invalid"),
        ],
    )
    def test_names_that_are_none(self, local, arguments, code):
        local("key", "csr", "alias/issuer", *arguments).refused(2, code)

    def test_a_key_that_can_t_sign(self, local):
        local("key", "csr", "alias/nobody", "--subject", "CN=x").refused(3, "not-found")
        local("key", "csr", "alias/disabled", "--subject", "CN=x").refused(3, "disabled")


class TestCert:
    def test_a_root(self, root):
        (certificate,) = Chain.from_pem(root.read_bytes())
        assert certificate.is_ca
        assert certificate.is_self_signed
        assert certificate.path_length == 0

    def test_what_is_certified_is_told(self, issue):
        told = issue("--lifetime", "30d").ok().stderr
        assert "\ncertified: CN=issuer,O=Example, uri:https://issuer.example, until " in told

    def test_the_names_of_a_request_are_told_before_anything_is_signed(self, local, request_, root):
        refused = local("key", "cert", "alias/nobody", "--csr", request_, "--ca-cert", root).refused(3, "not-found")
        assert refused.stderr.startswith("requested: CN=issuer,O=Example, uri:https://issuer.example\n")

    def test_a_request_is_certified_under_the_root(self, chain, root):
        issued = Chain.from_pem(chain.read_bytes())
        check_trust(issued, Chain.from_pem(root.read_bytes()).certificates)
        check_haip(issued)
        ends = datetime.now(UTC) + timedelta(days=365)
        assert abs(issued.leaf.not_after - ends) < timedelta(minutes=10)

    def test_names_of_ones_own_replace_those_of_the_request(self, issue):
        told = issue("--subject", "CN=other", "--san", "dns:other.example").ok().stderr
        assert "\ncertified: CN=other, dns:other.example, until " in told

    @pytest.mark.parametrize(
        "given, names", [(("--subject", "CN=other"), "CN=other"), (("--san", "dns:other.example"), "dns:other.example")]
    )
    def test_with_one_of_ones_own_none_of_the_request_is_left(self, issue, given, names):
        issued = issue(*given).ok()
        assert f"\ncertified: {names}, until " in issued.stderr
        leaf = Chain.from_pem(issued.stdout).leaf
        assert b"issuer.example" not in leaf.der

    def test_a_request_in_der_or_by_its_old_label_is_certified(self, local, request_, root, tmp_path):
        pem = request_.read_text()
        other = tmp_path / "other"
        for content in (
            load_pem_x509_csr(pem.encode()).public_bytes(Encoding.DER),
            pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST").encode(),
        ):
            other.write_bytes(content)
            signed = ("--csr", other, "--ca-cert", root, "--lifetime", "1d")
            told = local("key", "cert", "alias/rsa", "--alg", "PS256", *signed).ok().stderr
            assert "requested: CN=issuer,O=Example" in told

    def test_a_file_of_two_requests_is_certified_not_even_in_part(self, local, request_, root, tmp_path):
        pem = request_.read_text().replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
        (tmp_path / "two").write_text(pem + pem)
        signed = ("--csr", tmp_path / "two", "--ca-cert", root, "--lifetime", "1d")
        refusal = local("key", "cert", "alias/rsa", "--alg", "PS256", *signed).refused(2, "request-invalid")
        assert (refusal.stdout, "holds 2 requests" in refusal.stderr) == (b"", True)

    def test_a_request_can_be_looked_at_before(self, run, request_):
        shown = json.loads(run("inspect", "--json", request_).ok().stdout)
        names = {"subject": "CN=issuer,O=Example", "other names": ["uri:https://issuer.example"]}
        assert names.items() <= shown["request"].items()
        assert shown["key"]["algorithms"] == ["ES256"]
        assert shown["odd"] == []

    def test_one_that_is_spoilt_is_odd(self, run, request_):
        text = request_.read_text().replace("MII", "MIJ", 1)
        shown = json.loads(run("inspect", "--json", stdin=text).ok().stdout)
        assert shown["kind"] == "PEM certificate request"
        assert shown["odd"]

    def test_an_intermediate(self, local, tmp_path, request_):
        (tmp_path / "r.pem").write_bytes(
            local("key", "cert", "alias/ed", "--ca", "--path-length", "1", "--subject", "CN=Root").ok().stdout
        )
        signed = ("--csr", request_, "--ca-cert", tmp_path / "r.pem", "--ca", "--lifetime", "30d")
        (tmp_path / "m.pem").write_bytes(local("key", "cert", "alias/ed", *signed).ok().stdout)
        middle = Chain.from_pem((tmp_path / "m.pem").read_bytes())
        assert middle.leaf.is_ca
        (tmp_path / "l.csr").write_bytes(
            local("key", "csr", "alias/rsa", "--alg", "PS256", "--subject", "CN=leaf").ok().stdout
        )
        below = ("--csr", tmp_path / "l.csr", "--ca-cert", tmp_path / "m.pem", "--lifetime", "1d")
        assert len(Chain.from_pem(local("key", "cert", "alias/issuer", *below).ok().stdout)) == 2

    def test_a_purpose(self, local):
        made = local("key", "cert", "alias/issuer", "--subject", "CN=x", "--purpose", "1.0.18013.5.1.2").ok()
        assert "2.5.29.37" in {e.oid.dotted_string for e in Chain.from_pem(made.stdout).leaf.native.extensions}

    def test_a_request_from_standard_input_and_a_file_out(self, local, root, request_, tmp_path):
        out = tmp_path / "out.pem"
        signed = ("--csr", "-", "--ca-cert", root, "--out", out)
        local("key", "cert", "alias/rsa", "--alg", "PS256", *signed, stdin=request_.read_bytes()).ok()
        assert len(Chain.from_pem(out.read_bytes())) == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--csr", "x.csr"),
            ("--ca-cert", "x.pem"),
            ("--subject", "CN=x", "--path-length", "1"),
            ("--subject", "CN=x", "--ca", "--purpose", "1.2.3"),
            ("--subject", "CN=x", "--ca", "--path-length", "-1"),
            ("--subject", "CN=x", "--purpose", "sign"),
            ("--csr", "-", "--ca-cert", "-"),
            ("--subject", "CN=x", "--lifetime", "tomorrow"),
        ],
        ids=" ".join,
    )
    def test_options_that_do_not_go_together(self, local, arguments):
        local("key", "cert", "alias/issuer", *arguments).refused(2, "usage")

    def test_a_lifetime_beyond_that_of_the_ca(self, issue):
        issue("--lifetime", "4000d").refused(2, "lifetime-invalid")

    def test_the_certificate_of_another_key(self, local, root, request_):
        local("key", "cert", "alias/ed", "--csr", request_, "--ca-cert", root).refused(2, "chain-invalid")

    def test_a_request_or_certificate_that_is_none(self, local, root, request_):
        ca = ("key", "cert", "alias/rsa", "--alg", "PS256")
        local(*ca, "--csr", root, "--ca-cert", root).refused(2, "request-invalid")
        local(*ca, "--csr", request_, "--ca-cert", request_).refused(2, "certificate-invalid")
        local(*ca, "--csr", "nothing", "--ca-cert", root).refused(2, "file-unreadable")

    def test_it_writes_over_nothing_that_it_reads(self, issue, root, request_):
        for path in (root, request_):
            was = path.read_bytes()
            issue("--out", path).refused(2, "usage")
            assert path.read_bytes() == was


class TestChain:
    def test_jws_and_jwt(self, local, chain, trusted, tmp_path):
        (tmp_path / "text").write_text("content")
        expected = list(Chain.from_pem(chain.read_bytes()).to_der())
        common = ("--key", "alias/issuer", "--chain", chain, "--haip")
        for token in (
            local("jws", "sign", *common, tmp_path / "text").ok().line,
            local("jwt", "sign", *common, "--lifetime", "5m", stdin=CLAIMS).ok().line,
        ):
            assert [b64decode(one) for one in jws.verify(token, trusted).header["x5c"]] == expected

    def test_cose_and_cwt(self, local, chain, trusted, tmp_path):
        (tmp_path / "text").write_text("content")
        common = ("--key", "alias/issuer", "--chain", chain, "--haip")
        for message in (
            local("cose", "sign", *common, tmp_path / "text").ok().stdout,
            local("cose", "sign", *common, "--hash-envelope", tmp_path / "text").ok().stdout,
            local("cwt", "sign", *common, "--lifetime", "5m", stdin=CLAIMS).ok().stdout,
        ):
            assert Chain.from_pem(chain.read_bytes()).leaf.der in message

    def test_a_credential(self, local, chain, trusted):
        token = local(
            "vc", "issue", "--key", "alias/issuer", "--chain", chain, stdin=json.dumps(CREDENTIAL)
        ).ok().line  # fmt: skip
        assert len(jws.verify(token, trusted).header["x5c"]) == 1

    def test_it_stands_in_the_jwk(self, local, chain):
        for form, key in (("jwks", lambda shown: shown["keys"][0]), ("jwk", lambda shown: shown)):
            shown = local("export", "alias/issuer", "--as", form, "--chain", chain, "--haip").ok().json
            assert len(key(shown)["x5c"]) == 1

    def test_without_it_nothing_is_carried(self, local, trusted):
        token = local("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", stdin=CLAIMS).ok().line
        assert "x5c" not in jwt.verify(token, trusted).header

    def test_haip_refuses_what_else_is_carried(self, local, tmp_path, trusted):
        path = tmp_path / "self.pem"
        path.write_bytes(local("key", "cert", "alias/issuer", "--subject", "CN=x").ok().stdout)
        sign = ("jwt", "sign", "--key", "alias/issuer", "--lifetime", "5m", "--chain", path)
        assert "x5c" in jwt.verify(local(*sign, stdin=CLAIMS).ok().line, trusted).header
        local(*sign, "--haip", stdin=CLAIMS).refused(2, "chain-invalid")

    @pytest.mark.parametrize(
        "command",
        [("jws", "sign"), ("jwt", "sign"), ("cose", "sign"), ("cwt", "sign"), ("vc", "issue")],
        ids=" ".join,
    )
    def test_a_chain_that_is_wrong(self, local, chain, root, command, tmp_path):
        sign = (*command, "--key", "alias/issuer")
        (tmp_path / "garbage").write_text("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
        local(*sign, "--chain", root, stdin=CLAIMS if command[0] != "vc" else json.dumps(CREDENTIAL)).refused(
            2, "chain-invalid"
        )
        local(*sign, "--chain", tmp_path / "garbage", stdin=CLAIMS).refused(2, "certificate-invalid")
        local(*sign, "--chain", "-", stdin=CLAIMS).refused(2, "usage")
        local(*sign, "--haip", stdin=CLAIMS).refused(2, "usage")

    def test_it_is_of_one_key(self, local, chain):
        for command in (("jws", "sign"), ("cose", "sign")):
            keys = ("--key", "alias/issuer", "--key", "alias/ed")
            local(*command, *keys, "--chain", chain, stdin="x").refused(2, "usage")
        local("export", "alias/issuer", "alias/ed", "--chain", chain).refused(2, "usage")

    @pytest.mark.parametrize("form", ["pem", "cose-key", "cose-keyset"])
    def test_a_form_that_can_t_carry_it(self, local, chain, form):
        local("export", "alias/issuer", "--as", form, "--chain", chain).refused(2, "usage")

    def test_the_result_is_not_written_over_it(self, local, chain):
        was = chain.read_bytes()
        local("cose", "sign", "--key", "alias/issuer", "--chain", chain, "--out", chain, stdin="x").refused(2, "usage")
        assert chain.read_bytes() == was

    def test_a_file_of_any_size_is_read_no_further_than_needed(self, local, tmp_path):
        path = tmp_path / "huge.pem"
        path.write_bytes(b"x" * ((1 << 20) + 1))
        local("jwt", "sign", "--key", "alias/issuer", "--chain", path, stdin=CLAIMS).refused(2, "certificate-invalid")

    def test_a_cose_chain_is_in_the_protected_header(self, local, chain, trusted):
        message = local("cose", "sign", "--key", "alias/issuer", "--chain", chain, stdin="x").ok().stdout
        leaf = Chain.from_pem(chain.read_bytes()).leaf.der
        assert cose.verify1(message, trusted).protected[cose.Label.X5CHAIN] == leaf
