"""KMSSigner: one key, one algorithm, by ARN, and nothing taken on trust from an answer."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256, sha384

import pytest

from kmsjose import InputError, KeySet, KMSError, KMSSigner, LocalSigner, jws, kms
from kmsjose.algorithms import by_name
from kmsjose.ecdsa import raw_to_der


class Canned:
    """A client whose answers are given."""

    class meta:  # noqa: N801 - boto3's name
        region_name = "eu-west-1"

    def __init__(self, **answers):
        self.answers = answers
        self.calls = []

    def __getattr__(self, name):
        def method(**parameters):
            self.calls.append((name, parameters))
            return self.answers[name]

        return method


ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-000000000001"


def public_key_answer(signer: LocalSigner, **changes):
    row = signer.public_key.algorithm
    answer = {
        "KeyId": ARN,
        "PublicKey": signer.public_key.spki,
        "KeySpec": row.key_specs[0],
        "KeyUsage": "SIGN_VERIFY",
        "SigningAlgorithms": [row.kms_algorithm],
    }
    return {name: value for name, value in {**answer, **changes}.items() if value is not None}


@pytest.fixture
def local(signers):
    return signers["ES256"]


def test_opening_asks_once_and_signs_by_arn(kmsjose_client, kmsjose_faults):
    kms.create_key(kmsjose_client, "ES256", alias="issuer")
    kmsjose_faults.clear()
    signer = KMSSigner.open(kmsjose_client, "alias/issuer")
    signer.sign(b"one")
    signer.sign(b"two")
    assert kmsjose_faults.calls == ["GetPublicKey", "Sign", "Sign"]


def test_an_alias_that_moves_between_two_calls_parts_no_kid_from_its_signature(kmsjose_client, kmsjose_faults):
    first = kms.create_key(kmsjose_client, "ES256", alias="issuer")
    second = kms.create_key(kmsjose_client, "ES256")
    signer = KMSSigner.open(kmsjose_client, "alias/issuer")
    kmsjose_faults.before("Sign", lambda: kms.set_alias(kmsjose_client, second, "issuer"))
    token = jws.sign(b"payload", signer)
    assert kms.resolve(kmsjose_client, "alias/issuer") == second
    assert signer.key_arn == first
    jws.verify(token, KeySet([signer.public_key]))


@pytest.mark.parametrize("partition", [("aws", "eu-west-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")])
def test_keys_of_every_partition_are_opened(partition):
    name, region = partition
    client = kms.connect(local=":memory:", region=region)
    arn = kms.create_key(client, "ES256", alias="issuer")
    assert arn.startswith(f"arn:{name}:kms:{region}:")
    assert KMSSigner.open(client, f"arn:{name}:kms:{region}:111122223333:alias/issuer").key_arn == arn


def test_the_kid_is_the_thumbprint_and_never_the_arn(kmsjose_signer):
    key = kmsjose_signer("ES256").public_key
    assert key.kid == key.thumbprint()


def test_a_kid_of_the_callers_own_is_kept(kmsjose_client):
    arn = kms.create_key(kmsjose_client, "ES256")
    assert KMSSigner.open(kmsjose_client, arn, kid="2026-11").public_key.kid == "2026-11"


def test_grant_tokens_go_with_every_call(local):
    signature = raw_to_der(local.sign(b"m"), local.public_key.algorithm)
    client = Canned(
        get_public_key=public_key_answer(local),
        sign={"KeyId": ARN, "SigningAlgorithm": "ECDSA_SHA_256", "Signature": signature},
    )
    signer = KMSSigner.open(client, "alias/issuer", grant_tokens=["token"])
    signer.sign(b"m")
    assert [parameters["GrantTokens"] for _, parameters in client.calls] == [["token"], ["token"]]


def test_without_grant_tokens_no_parameter_is_sent(local):
    client = Canned(get_public_key=public_key_answer(local))
    KMSSigner.open(client, ARN)
    assert client.calls == [("get_public_key", {"KeyId": ARN})]


@pytest.mark.parametrize("tokens", [[], [str(number) for number in range(10)]], ids=["none", "ten"])
def test_as_many_grant_tokens_go_as_kms_takes(local, tokens):
    client = Canned(get_public_key=public_key_answer(local))
    KMSSigner.open(client, ARN, grant_tokens=tokens)
    ((_, parameters),) = client.calls
    assert parameters.get("GrantTokens", []) == tokens


@pytest.mark.parametrize("tokens", ["token", b"token", [5], ["x"] * 11, "x" * 1_000_000], ids=range(5))
def test_grant_tokens_are_a_few_texts(local, tokens, refused):
    client = Canned(get_public_key=public_key_answer(local))
    with refused("usage", InputError):
        KMSSigner.open(client, ARN, grant_tokens=tokens)
    assert client.calls == []


def test_an_older_answer_without_key_spec_is_understood(local):
    answer = public_key_answer(local, KeySpec=None, CustomerMasterKeySpec="ECC_NIST_P256")
    assert KMSSigner.open(Canned(get_public_key=answer), ARN).public_key == local.public_key


@pytest.mark.parametrize(
    "change, code",
    [
        ({"KeyId": ARN[:-1] + "2"}, "unexpected-answer"),
        ({"SigningAlgorithm": "ECDSA_SHA_384"}, "unexpected-answer"),
        ({"KeyId": None}, "unexpected-answer"),
        ({"Signature": None}, "connection"),
        ({"Signature": "text"}, "unexpected-answer"),
        ({"Signature": b""}, "unexpected-answer"),
        ({"Signature": b"\x30\x00"}, "unexpected-answer"),
        ({"Signature": bytes(64)}, "unexpected-answer"),
    ],
)
def test_an_answer_for_another_key_or_algorithm_or_in_another_form_is_refused(local, change, code):
    row = local.public_key.algorithm
    good = {
        "KeyId": ARN,
        "SigningAlgorithm": row.kms_algorithm,
        "Signature": raw_to_der(local.sign(b"m"), row),
    }
    answer = {name: value for name, value in {**good, **change}.items() if value is not None}
    signer = KMSSigner.open(Canned(get_public_key=public_key_answer(local), sign=answer), ARN)
    with pytest.raises(KMSError) as caught:
        signer.sign(b"m")
    assert (caught.value.code, caught.value.operation) == (code, "Sign")


def test_a_signature_of_another_size_is_refused(signers):
    local = signers["EdDSA"]
    answer = {"KeyId": ARN, "SigningAlgorithm": "ED25519_SHA_512", "Signature": bytes(63)}
    signer = KMSSigner.open(Canned(get_public_key=public_key_answer(local), sign=answer), ARN)
    with pytest.raises(KMSError) as caught:
        signer.sign(b"m")
    assert caught.value.code == "unexpected-answer"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"PublicKey": None}, "connection"),
        ({"PublicKey": "text"}, "unexpected-answer"),
        ({"KeyId": None}, "unexpected-answer"),
        ({"KeyId": ""}, "unexpected-answer"),
        ({"KeyId": 5}, "unexpected-answer"),
        ({"KeySpec": None}, "unexpected-answer"),
        ({"PublicKey": b"\x30\x00"}, "key-invalid"),
        ({"KeySpec": "SM2"}, "alg-unsupported-by-key"),
        ({"KeySpec": "ECC_NIST_P384"}, "alg-unsupported-by-key"),
        ({"KeyUsage": "ENCRYPT_DECRYPT"}, "key-usage"),
        ({"KeyUsage": "KEY_AGREEMENT"}, "key-usage"),
        ({"KeyUsage": "GENERATE_VERIFY_MAC"}, "key-usage"),
        ({"KeySpec": "ML_KEM_768", "KeyUsage": "KEY_ENCAPSULATION"}, "key-usage"),
        ({"KeyUsage": None}, "unexpected-answer"),
    ],
)
def test_a_public_key_that_does_not_fit_is_refused(local, change, code):
    with pytest.raises((KMSError, InputError)) as caught:
        KMSSigner.open(Canned(get_public_key=public_key_answer(local, **change)), ARN)
    assert caught.value.code == code
    if isinstance(caught.value, KMSError):
        assert caught.value.operation == "GetPublicKey"


OTHER = ARN[:-1] + "2"
ALIAS = "arn:aws:kms:eu-west-1:111122223333:alias/issuer"


@pytest.mark.parametrize("answered", [OTHER, ARN.rpartition("/")[2], ALIAS, "alias/issuer", ARN + " ", "", 5, None])
@pytest.mark.parametrize("key", [ARN, ARN.rpartition("/")[2]], ids=["ARN", "id"])
def test_an_answer_for_another_key_or_without_its_arn_is_refused_at_once(local, key, answered):
    for opened in (KMSSigner.open, kms.open_tagged):
        client = Canned(get_public_key=public_key_answer(local, KeyId=answered))
        with pytest.raises(KMSError) as caught:
            opened(client, key)
        assert caught.value.code == "unexpected-answer"
        assert len(client.calls) == 1


@pytest.mark.parametrize(
    "answered",
    [
        ARN.replace("eu-west-1", "eu-west-2"),
        ARN.replace("111122223333", "444455556666"),
        ARN.replace("arn:aws:", "arn:aws-cn:"),
    ],
    ids=["region", "account", "partition"],
)
def test_a_key_of_another_account_or_region_than_the_arn_says_is_refused(local, answered):
    for key in (ARN, ALIAS):
        with pytest.raises(KMSError) as caught:
            KMSSigner.open(Canned(get_public_key=public_key_answer(local, KeyId=answered)), key)
        assert caught.value.code == "unexpected-answer"


@pytest.mark.parametrize("key", [ARN, ARN.rpartition("/")[2], "alias/issuer", ALIAS])
def test_each_name_of_a_key_is_answered_by_its_arn(local, key):
    assert KMSSigner.open(Canned(get_public_key=public_key_answer(local)), key).key_arn == ARN


@pytest.mark.parametrize("ask", [kms.resolve, kms.describe_key])
@pytest.mark.parametrize("answered", [OTHER, ARN.rpartition("/")[2], 5])
def test_a_description_of_another_key_is_refused(ask, answered):
    with pytest.raises(KMSError) as caught:
        ask(Canned(describe_key={"KeyMetadata": {"Arn": answered}}), ARN)
    assert caught.value.code == "unexpected-answer"


class Wrong:
    """A genuine client whose signatures are of another message from some call on, in the right form."""

    def __init__(self, client, first):
        self._client, self._left = client, first

    def __getattr__(self, name):
        genuine = getattr(self._client, name)
        if name != "sign":
            return genuine

        def sign(**parameters):
            self._left -= 1
            if self._left < 0:
                parameters["Message"] = parameters["Message"][::-1]
            return genuine(**parameters)

        return sign


ONE_OF_EACH_FAMILY = ["ES256", "ES256K", "RS256", "PS256", "EdDSA", "ML-DSA-44"]


class TestWrongSignatures:
    @pytest.fixture(params=ONE_OF_EACH_FAMILY)
    def opened(self, request, kmsjose_client):
        row = by_name(request.param)
        arn = kms.create_key(kmsjose_client, row.name, bits=2048 if len(row.key_specs) > 1 else None)
        return lambda first, **how: KMSSigner.open(Wrong(kmsjose_client, first), arn, row.name, **how)

    def test_the_first_is_not_released(self, opened, refused):
        signer = opened(first=0)
        for _ in range(2):
            with refused("unexpected-answer", KMSError):
                signer.sign(b"message")

    def test_the_first_of_a_digest_is_not_released(self, opened, refused):
        signer = opened(first=0)
        if signer.public_key.algorithm.prehashed_size:
            with refused("unexpected-answer", KMSError):
                signer.sign_prehashed(signer.public_key.prehash(b"message"))

    def test_a_later_one_is_not_released_where_each_is_verified(self, opened, refused):
        signer = opened(first=2, verify=True)
        signer.public_key.verify(b"message", signer.sign(b"message"))
        signer.sign(b"message")
        with refused("unexpected-answer", KMSError):
            signer.sign(b"message")

    def test_its_error_is_no_verdict_on_a_token_and_holds_neither_message_nor_signature(self, opened, refused):
        with refused("unexpected-answer", KMSError) as caught:
            opened(first=0).sign(b"secret content")
        assert "secret" not in f"{caught.value!r} {caught.value}"
        assert caught.value.operation == "Sign"
        assert not caught.value.retryable

    def test_it_is_recorded_by_no_audit(self, opened, refused):
        records = []
        with refused("unexpected-answer", KMSError):
            opened(first=0, audit=records.append).sign(b"message")
        assert records == []


@pytest.mark.parametrize("alg", ["ES256", "ES384"])
def test_each_signature_is_told_to_an_audit(signers, alg):
    local = signers[alg]
    row = local.public_key.algorithm
    answer = {"KeyId": ARN, "SigningAlgorithm": row.kms_algorithm, "ResponseMetadata": {"RequestId": "0123"}}
    client = Canned(get_public_key=public_key_answer(local))
    client.answers["sign"] = {**answer, "Signature": raw_to_der(local.sign(b"message"), row)}
    records = []
    signer = KMSSigner.open(client, ARN, kid="2026", audit=records.append)
    signer.sign(b"message")
    signer.sign_prehashed(signer.public_key.prehash(b"message"))
    digest = sha256(b"message").hexdigest()
    known = {"ES256": (digest, None), "ES384": (None, "sha384:" + sha384(b"message").hexdigest())}
    assert [(one.key_arn, one.kid, one.alg, one.request_id) for one in records] == [(ARN, "2026", alg, "0123")] * 2
    told = [(one.signing_input_sha256, one.prehashed) for one in records]
    assert told == [(digest, None), known[alg]]


def test_one_signature_is_verified_in_the_life_of_a_signer_unless_each_is(kmsjose_client, monkeypatch):
    arn = kms.create_key(kmsjose_client, "ES256")
    verified = []
    monkeypatch.setattr("kmsjose.kms.signer._check_signature", lambda *given: verified.append(given))
    public_key = KMSSigner.open(kmsjose_client, arn).public_key
    for signer, expected in (
        (KMSSigner.open(kmsjose_client, arn), 1),
        (KMSSigner(kmsjose_client, arn, public_key), 1),
        (KMSSigner.open(kmsjose_client, arn, verify=True), 3),
    ):
        verified.clear()
        for _ in range(3):
            signer.sign(b"message")
        assert len(verified) == expected


def test_each_is_verified_by_whatever_opens_signers(kmsjose_client, refused):
    arn = kms.create_key(kmsjose_client, "ES256", multi_region=True, alias="issuer")
    for opened in (
        lambda client: kms.open_tagged(client, arn, verify=True),
        lambda client: kms.follow(client, "alias/issuer", verify=True).current(),
        lambda client: kms.open_failover([client], arn, verify=True).current(),
    ):
        signer = opened(Wrong(kmsjose_client, first=1))
        signer.sign(b"message")
        with refused("unexpected-answer", KMSError):
            signer.sign(b"message")


@pytest.mark.parametrize(
    "spec, usage",
    [
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
        ("ECC_NIST_P256", "KEY_AGREEMENT"),
    ],
)
def test_a_key_of_another_usage_is_refused_by_whatever_opens_signers(kmsjose_client, spec, usage, refused):
    arn = kmsjose_client.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"]
    for opened in (KMSSigner.open, kms.open_tagged, kms.follow):
        with refused("key-usage", InputError):
            opened(kmsjose_client, arn)


def test_an_endpoint_without_get_public_key_is_not_taken_for_a_key_of_another_usage(kmsjose_client, kmsjose_faults):
    arn = kms.create_key(kmsjose_client, "ES256")
    kmsjose_faults.error("UnknownOperationException", "GetPublicKey")
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(kmsjose_client, arn)
    assert caught.value.code == "unsupported"


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "DisabledException"])
def test_another_error_is_not_taken_for_a_key_of_another_usage(kmsjose_client, kmsjose_faults, code):
    arn = kms.create_key(kmsjose_client, "ES256")
    kmsjose_faults.error(code, "GetPublicKey")
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(kmsjose_client, arn)
    assert caught.value.aws_code == code


class TestAKeyThatCouldSignBySeveralAlgorithms:
    @pytest.fixture
    def rsa(self, kmsjose_client, kmsjose_faults) -> str:
        arn = kms.create_key(kmsjose_client, "PS384", bits=2048, tags={"kmsjose:kid": "2026"})
        kmsjose_faults.clear()
        return arn

    def test_it_remembers_its_algorithm_and_its_kid(self, kmsjose_client, kmsjose_faults, rsa):
        key = KMSSigner.open(kmsjose_client, rsa).public_key
        assert (key.algorithm.name, key.kid) == ("PS384", "2026")
        assert kmsjose_faults.calls == ["GetPublicKey", "ListResourceTags"]

    def test_it_is_not_asked_for_what_is_given(self, kmsjose_client, kmsjose_faults, rsa):
        key = KMSSigner.open(kmsjose_client, rsa, "RS256").public_key
        assert (key.algorithm.name, key.kid) == ("RS256", key.thumbprint())
        assert kmsjose_faults.calls == ["GetPublicKey"]

    @pytest.mark.parametrize("code", ["AccessDeniedException", "UnsupportedOperationException"])
    def test_where_its_tags_may_not_be_read_its_algorithm_is_required(
        self, kmsjose_client, kmsjose_faults, rsa, code, refused
    ):
        kmsjose_faults.error(code, "ListResourceTags")
        with refused("alg-required", InputError) as caught:
            KMSSigner.open(kmsjose_client, rsa)
        assert "PS256, PS384, PS512, RS256, RS384, RS512" in caught.value.message

    def test_where_kms_does_not_answer_its_algorithm_is_not_guessed(self, kmsjose_client, kmsjose_faults, rsa, refused):
        kmsjose_faults.throttle("ListResourceTags")
        with refused("throttled", KMSError):
            KMSSigner.open(kmsjose_client, rsa)

    def test_one_that_encrypts_is_asked_for_nothing_more(self, kmsjose_client, kmsjose_faults, refused):
        made = kmsjose_client.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
        kmsjose_faults.clear()
        with refused("key-usage", InputError):
            KMSSigner.open(kmsjose_client, made["KeyMetadata"]["KeyId"])
        assert kmsjose_faults.calls == ["GetPublicKey"]

    def test_what_it_can_do_is_told_where_it_can_not_do_what_is_wanted(self, kmsjose_client, rsa, refused):
        with refused("alg-unsupported-by-key", InputError) as caught:
            KMSSigner.open(kmsjose_client, rsa, "ES256")
        assert "a key of RSA_2048 can't do ES256, but PS256, PS384, PS512, RS256, RS384, RS512" in caught.value.message


@pytest.mark.parametrize("key", ["", "alias/", "issuer key", "arn:aws:iam::1:role/x", "alias/ä", "x" * 300, None, 7])
def test_what_can_be_no_key_id_is_refused_before_any_call(key):
    client = Canned()
    with pytest.raises(InputError) as caught:
        KMSSigner.open(client, key)
    assert caught.value.code == "usage"
    assert client.calls == []


def test_an_unknown_algorithm_is_refused_before_any_call():
    client = Canned()
    with pytest.raises(InputError) as caught:
        KMSSigner.open(client, ARN, "HS256")
    assert caught.value.code == "alg-unknown"
    assert client.calls == []


def test_ed25519_over_4096_bytes_is_refused_before_any_call(kmsjose_signer, kmsjose_faults):
    signer = kmsjose_signer("EdDSA")
    kmsjose_faults.clear()
    with pytest.raises(InputError) as caught:
        jws.sign(bytes(4096), signer)
    assert caught.value.code == "message-too-large"
    assert "SD-JWT" in str(caught.value)
    assert kmsjose_faults.calls == []


@pytest.mark.parametrize(
    "alg, size, message_type, sent",
    [("ES256", 10, "DIGEST", 32), ("ES256", 5000, "DIGEST", 32), ("ES512", 10, "DIGEST", 64), ("EdDSA", 10, "RAW", 10),
     ("ML-DSA-44", 4096, "RAW", 4096), ("ML-DSA-44", 4097, "EXTERNAL_MU", 64), ("PS384", 10, "DIGEST", 48)],
)  # fmt: skip
def test_what_is_sent_is_what_the_row_says(signers, alg, size, message_type, sent):
    local = signers[alg]
    client = Canned(get_public_key=public_key_answer(local), sign={})
    signer = KMSSigner.open(client, ARN, alg)
    with pytest.raises(KMSError):
        signer.sign(bytes(size))
    _, parameters = client.calls[-1]
    assert (parameters["MessageType"], len(parameters["Message"])) == (message_type, sent)
    assert parameters["SigningAlgorithm"] == by_name(alg).kms_algorithm
    assert parameters["KeyId"] == ARN


def test_a_request_can_be_signed_by_someone_else(kmsjose_client, kmsjose_signer):
    """An approver in another account gets the KMS parameters, signs, and gives the signature back."""
    signer = kmsjose_signer("ES256")
    request = jws.prepare(b"payload", signer.public_key)
    told = request.signing_input.to_dict()
    answer = kmsjose_client.sign(
        KeyId=signer.key_arn,
        Message=b64decode(told["Message"]),
        MessageType=told["MessageType"],
        SigningAlgorithm=told["SigningAlgorithm"],
    )
    token = request.finish(request.signing_input.raw_of(answer["Signature"]))
    assert jws.verify(token, KeySet([signer.public_key])).payload == b"payload"


def test_its_repr_names_key_and_algorithm_alone(kmsjose_signer):
    signer = kmsjose_signer("ES256")
    assert repr(signer) == f"<KMSSigner ES256 {signer.key_arn}>"
