"""AWS credentials that are missing, over, or not taken: what the error says to do about each."""

from __future__ import annotations

import hashlib
import json
from types import FunctionType

import pytest
from botocore.exceptions import (
    LoginRefreshRequired,
    MetadataRetrievalError,
    RefreshWithMFAUnsupportedError,
    TokenRetrievalError,
)

from kmsjose import KMSError, KMSSigner, kms
from kmsjose.cli.hints import error_line
from kmsjose.kms.aws_errors import translated

SSO_SESSION = """
[sso-session staff]
sso_region = eu-west-1
sso_start_url = https://staff.awsapps.example/start
"""
SSO_PROFILE = """
[profile staff]
region = eu-west-1
sso_account_id = 111122223333
sso_role_name = issuer
"""
LEGACY_SSO = "sso_region = eu-west-1\nsso_start_url = https://staff.awsapps.example/start\n"


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A machine on which nothing of AWS is configured."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def failure_of(profile=None):
    with pytest.raises(KMSError) as caught:
        KMSSigner.open(kms.connect(region="eu-west-1", profile=profile, max_attempts=1), "alias/issuer")
    error = caught.value
    assert error.code == "credentials"
    assert not error.retryable
    assert "did not accept" not in error_line(error)
    return error.message


class TestBeforeAWSIsAsked:
    def test_there_are_none(self, home):
        message = failure_of()
        assert "AWS was never asked" in message
        for way in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "aws sso login", "role"):
            assert way in message

    def test_half_of_them_is_missing(self, home, monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        with pytest.raises(KMSError) as caught:
            kms.connect(region="eu-west-1")
        assert caught.value.code == "credentials"
        assert "AWS_SECRET_ACCESS_KEY" in caught.value.message
        assert "AWS was never asked" in caught.value.message

    @pytest.mark.parametrize(
        "config",
        [SSO_SESSION + SSO_PROFILE + "sso_session = staff\n", SSO_PROFILE + LEGACY_SSO],
        ids=["with an sso-session", "without"],
    )
    @pytest.mark.parametrize("cached", [None, "2020-01-01T00:00:00Z"], ids=["never begun", "over"])
    def test_the_session_of_sso_is(self, home, config, cached):
        (home / "config").write_text(config)
        if cached is not None:
            cache = home / ".aws" / "sso" / "cache"
            cache.mkdir(parents=True)
            for name in ("staff", "https://staff.awsapps.example/start"):
                token = {"accessToken": "secret-token", "expiresAt": cached, "region": "eu-west-1"}
                (cache / f"{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}.json").write_text(
                    json.dumps(token)
                )
        message = failure_of("staff")
        assert "aws sso login" in message
        assert "secret-token" not in message

    def test_a_role_wants_an_mfa_code_where_nobody_can_type_one(self):
        """botocore asks for it by getpass, which meets the end of standard input."""

        def ask():
            raise EOFError

        in_botocore = FunctionType(ask.__code__, {"__name__": "botocore.credentials", "EOFError": EOFError})
        with pytest.raises(KMSError) as caught, translated("Sign"):
            in_botocore()
        assert caught.value.code == "credentials"
        assert "MFA" in caught.value.message

    @pytest.mark.parametrize(
        "error, told",
        [
            (TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"), "aws sso login"),
            (LoginRefreshRequired(), "aws login"),
            (RefreshWithMFAUnsupportedError(), "MFA"),
            (MetadataRetrievalError(error_msg="Received non 200 response 404"), "role"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
    )
    def test_what_botocore_raises_says_what_to_do(self, error, told):
        with pytest.raises(KMSError) as caught, translated("Sign"):
            raise error
        assert (caught.value.code, caught.value.retryable) == ("credentials", False)
        assert told in caught.value.message
        assert caught.value.__cause__ is error

    def test_a_profile_that_is_missing_is_named(self, home):
        with pytest.raises(KMSError) as caught:
            kms.connect(region="eu-west-1", profile="nobody")
        assert caught.value.code == "configuration"
        assert "nobody" in caught.value.message


CLOCK = [
    ("InvalidSignatureException", "Signature expired: 20261127T200000Z is now earlier than 20261127T201000Z"),
    ("InvalidSignatureException", "Signature not yet current: 20261127T203000Z is still later than 20261127T202000Z"),
    ("SignatureDoesNotMatch", "Signature expired: 20261127T200000Z is now earlier than 20261127T201000Z"),
    ("RequestExpired", "Request has expired."),
    ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
]


class TestWhatAWSAnswers:
    @pytest.fixture
    def answered(self, kmsjose_client, kmsjose_faults, refused):
        def answer(code, message):
            kmsjose_faults.error(code, "GetPublicKey", message=message, times=1)
            with refused("credentials", KMSError) as caught:
                KMSSigner.open(kmsjose_client, "alias/issuer")
            error = caught.value
            assert (error.aws_code, error.retryable) == (code, False)
            assert message in error.message
            return error.message

        return answer

    @pytest.mark.parametrize("code, message", CLOCK, ids=[f"{code}-{text[:14]}" for code, text in CLOCK])
    def test_a_clock_that_is_wrong_is_told_as_such(self, answered, code, message):
        told = answered(code, message)
        assert "this machine's clock" in told
        assert "secret access key" not in told

    @pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken"])
    def test_a_session_that_is_over(self, answered, code):
        assert "aws sso login" in answered(code, "The security token included in the request is expired")

    @pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidClientTokenId"])
    def test_an_access_key_that_aws_does_not_know(self, answered, code):
        told = answered(code, "The security token included in the request is invalid.")
        assert "AWS does not know the access key" in told
        assert "clock" not in told

    @pytest.mark.parametrize("code", ["InvalidSignatureException", "SignatureDoesNotMatch"])
    def test_a_secret_that_is_wrong(self, answered, code):
        told = answered(code, "The request signature we calculated does not match the signature you provided.")
        assert "secret access key" in told
        assert "clock" not in told

    def test_a_region_that_is_not_enabled(self, answered):
        assert "enabled the region" in answered("OptInRequired", "You are not subscribed to this service.")

    def test_a_role_that_sso_does_not_give_is_a_matter_of_access(self, kmsjose_client, kmsjose_faults, refused):
        kmsjose_faults.error("ForbiddenException", "GetPublicKey", message="No access", status=403)
        with refused("access-denied", KMSError):
            KMSSigner.open(kmsjose_client, "alias/issuer")
