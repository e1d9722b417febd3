"""Arguments that the public calls take: keys, tokens and certificates of one embedded KMS."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from inspect import Parameter
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kmsjose import KeySet, KMSSigner, LocalSigner, PublicKey, cose, cwt, jws, jwt, kms, signers, vc, x509
from kmsjose.encoding import b64url_encode
from kmsjose.errors import KMSError
from kmsjose.kms.audit import SignatureRecord
from kmsjose.kms.identifiers import Arn
from kmsjose.kms.local import Faults

from .doors import Door

_DOCUMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiableCredential"],
    "issuer": "https://issuer.example",
    "credentialSubject": {"id": "https://subject.example"},
}
_PRESENTATION = {"@context": _DOCUMENT["@context"], "type": ["VerifiablePresentation"]}


_RECORD = SignatureRecord(datetime(2026, 1, 1, tzinfo=UTC), "arn", "kid", "ES256", None, "AA", None, None).to_json()
_LOOSE = ("bytes", "str", "object", "Mapping[str, object]", "str | os.PathLike[str]")
_SEVERAL = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class World:
    """What every call is given first."""

    def __init__(self, folder: Path) -> None:
        self.client = kms.connect(local=":memory:", max_attempts=1)
        arn = kms.create_key(self.client, "ES256", alias="issuer")
        kms.create_key(self.client, "ES256", alias="victim")
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.signer = LocalSigner(self.private)
        self.key = self.signer.public_key
        root = x509.self_signed(self.signer, "CN=CA", role=x509.CA(), lifetime=timedelta(days=30))
        leaf = LocalSigner(ec.generate_private_key(ec.SECP256R1()))
        request = x509.read_request(x509.csr(leaf, "CN=issuer"))
        self.chain = x509.issue(self.signer, root, request, lifetime=timedelta(days=1))
        jwk = self.key.to_jwk()
        presented = vc.present(_PRESENTATION, self.signer)
        log = folder / "log"
        log.write_bytes(b"")
        trail = folder / "trail.json"
        trail.write_text('{"Records": []}')
        self.objects: dict[type, Any] = {
            PublicKey: self.key,
            KeySet: KeySet([self.key]),
            LocalSigner: self.signer,
            KMSSigner: KMSSigner.open(self.client, arn),
            x509.Chain: self.chain,
            jws.JWSRequest: jws.prepare(b"x", self.key),
            jws.JSONRequest: jws.prepare_json(b"x", [self.key]),
            cose.Sign1Request: cose.prepare1(b"x", self.key),
            cose.SignRequest: cose.prepare(b"x", [self.key]),
            cwt.CWTRequest: cwt.prepare({}, self.key),
            signers.SigningInput: jws.prepare(b"x", self.key).signing_input,
            Faults: Faults(),
        }
        parsed = Arn.parse(arn)
        assert parsed is not None
        policy_key = kms.PolicyKey(parsed, None, "ECC_NIST_P256", (self.key.algorithm,))
        self._by_type: dict[str, Any] = {
            "KMSClient": self.client,
            "BaseClient": self.client,
            "Sequence[KMSClient]": [self.client],
            "PublicKey": self.key,
            "KeyFinder | PublicKey": self.key,
            "Iterable[PublicKey]": [self.key],
            "Sequence[PublicKey | SignAs]": [self.key],
            "Signer": self.signer,
            "Signer | SignerSource": self.signer,
            "Sequence[Signer]": [self.signer],
            "Sequence[Signer | SignerSource | SignAs]": [self.signer],
            "Payload": b"payload",
            "Payload | None": b"payload",
            "PrivateKeyTypes": self.private,
            "PrivateMaterial": self.private,
            "Material": self.key.material,
            "Algorithm": self.key.algorithm,
            "Chain": self.chain,
            "tuple[Certificate, ...]": self.chain.certificates,
            "Sequence[Certificate]": [root.leaf],
            "Sequence[bytes]": self.chain.to_der(),
            "Request": request,
            "timedelta": timedelta(hours=1),
            "datetime": datetime(2026, 1, 1, tzinfo=UTC),
            "Sequence[PolicyKey]": [policy_key],
            "Role": "signer",
            "Effect": lambda _: None,
            "x509.Name": root.leaf.subject,
            "x509.Certificate": root.leaf.native,
            "Status": "ok",
            "KmsJoseError": KMSError("failed", "x"),
            "str | os.PathLike[str]": str(folder / "site"),
            "str | PathLike[str]": str(folder / "keys"),
            "KeySet": KeySet([self.key]),
            "PolicyKey": policy_key,
            "Callable[[Algorithm], bool]": lambda row: row.low_s,
            "Callable[[], KMSSigner]": lambda: KMSSigner.open(self.client, arn),
            "BinaryIO": io.BytesIO(b""),
            "Mapping[str, object]": {"sub": "alice"},
            "Iterable[bytes]": [b"x"],
            "bytes": b"x",
            "int": 1,
            "float": 1.0,
            "str": "x",
            "object": self.key.material,
        }
        self._by_name: dict[str, Any] = {
            "alg": "ES256",
            "alias": "alias/issuer",
            "did": "did:web:issuer.example",
            "issuer": "https://issuer.example",
            "key": "alias/issuer",
            "key_arn": arn,
            "kid": "k",
            "label": "x",
            "name": "issuer",
            "region": "us-east-1",
            "subject": "CN=issuer",
            "text": "x",
            "url": "https://127.0.0.1:1/jwks.json",
            "jwks": {"keys": [jwk]},
            "keyset": KeySet([self.key]).to_cose_keyset(),
            "document": _DOCUMENT,
            "role": "sign",
            "presentation": vc.verify_presentation(presented, self.key),
            "der": root.leaf.der,
            "spki": self.key.spki,
            "signature": self.signer.sign(b"x"),
            "message": b"x",
            "path": str(log),
            "where": str(folder / "keys"),
        }
        self._by_door: dict[str, dict[str, Any]] = {
            "kmsjose.jose.jwt.verify": {
                "token": jwt.sign({"aud": "a"}, self.signer, lifetime=timedelta(days=1)),
                "audience": "a",
            },
            "kmsjose.jose.jws.verify": {"token": jws.sign(b"x", self.signer)},
            "kmsjose.jose.jws.verify_json": {"token": jws.sign_json(b"x", [self.signer])},
            "kmsjose.credentials.vc.verify": {"token": vc.issue(_DOCUMENT, self.signer)},
            "kmsjose.credentials.vc.verify_presentation": {"token": presented},
            "kmsjose.credentials.vc.enveloped": {"token": presented},
            "kmsjose.credentials.vc.present": {"document": _PRESENTATION},
            "kmsjose.credentials.vc.prepare_presentation": {"document": _PRESENTATION},
            "kmsjose.cose.cwt.verify": {"token": cwt.sign({}, self.signer, lifetime=timedelta(days=1))},
            "kmsjose.cose.verify": {"message": cose.sign(b"x", [self.signer])},
            "kmsjose.cose.verify1": {"message": cose.sign1(b"x", self.signer)},
            "kmsjose.cose.verify_hash_envelope": {"message": cose.sign_hash_envelope(b"payload", self.signer)},
            "kmsjose.kms.trail.sign_events": {"path": str(trail)},
            "kmsjose.kms.trail.trail_files": {"path": str(trail)},
            "kmsjose.kms.audit_join.join": {"events": []},
            "kmsjose.kms.local.attach": {"client": kms.connect(local=":memory:")},
            "kmsjose.kms.connect": {"local": ":memory:"},
            "kmsjose.kms.SignatureRecord.from_json": {"line": _RECORD.encode()},
            "kmsjose.kms.wait_for_replica": {"timeout": 0.0},
            **{f"kmsjose.kms.{call}": {"key": "alias/victim"} for call in ("disable_key", "schedule_deletion")},
            "kmsjose.kms.delete_alias": {"alias": "alias/victim"},
            "kmsjose.publishing.folder.read_file": {"path": "did.json"},
            "kmsjose.PublicKey.from_jwk": {"jwk": jwk},
            "kmsjose.PublicKey.from_pem": {"pem": self.key.to_pem()},
            "kmsjose.PublicKey.from_cose_key": {"key": self.key.to_cose_key()},
            "kmsjose.PublicKey.find": {"algorithm": self.key.algorithm},
            "kmsjose.Chain.from_pem": {"pem": root.to_pem()},
            "kmsjose.keys.read_anchors": {"pem": root.to_pem()},
            "kmsjose.LocalSigner.from_jwk": {"jwk": _jwk(self.private)},
            "kmsjose.LocalSigner.from_pem": {"pem": _pem(self.private)},
            "kmsjose.keys.read_private_key": {"data": _pem(self.private)},
            "kmsjose.KeySet.from_did_document": {
                "document": {
                    "id": "did:web:a.example",
                    "assertionMethod": [{"id": "#k", "type": "JsonWebKey", "publicKeyJwk": jwk}],
                }
            },
        }
        message = cose.sign1(b"x", self.signer)
        for call in ("countersign", "countersign0", "prepare_countersign", "prepare_countersign0"):
            self._by_door[f"kmsjose.cose.{call}"] = {"message": message}
        countersigned = cose.countersign0(cose.countersign(message, self.signer), self.signer)
        for call in ("verify_countersignature0", "verify_countersignatures"):
            self._by_door[f"kmsjose.cose.{call}"] = {"message": countersigned}

    def arguments(self, door: Door) -> Mapping[str, Any]:
        """Arguments that a call takes, for each parameter that it can't do without."""
        special = self._by_door.get(door.name, {})
        given: dict[str, Any] = {}
        for name, parameter in door.parameters.items():
            if name in special:
                given[name] = special[name]
            elif parameter.default is parameter.empty and parameter.kind not in _SEVERAL:
                given[name] = self._usual(name, str(parameter.annotation))
        return given

    def _usual(self, name: str, annotation: str) -> Any:
        if name in self._by_name and annotation not in self._by_type:
            return self._by_name[name]
        usual = self._by_type.get(annotation, "x")
        return self._by_name.get(name, usual) if annotation in _LOOSE else usual


def _pem(private: Any) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _jwk(private: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    d = private.private_numbers().private_value.to_bytes(32)
    return {**LocalSigner(private).public_key.to_jwk(bare=True), "d": b64url_encode(d).decode()}
