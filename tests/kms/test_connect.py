"""`kms.connect` gives a genuine boto3 client, and refuses what can't be meant."""

from __future__ import annotations

import datetime
import json
import math
import traceback
from functools import cache

import pytest
from botocore.client import BaseClient
from botocore.loaders import create_loader

from kmsjose import InputError, KMSError, kms

CREDENTIALS = kms.Credentials("AKIDEXAMPLE", "secret-of-the-test", "token-of-the-test")


def test_it_is_a_boto3_client_of_the_region():
    client = kms.connect(region="us-gov-west-1", credentials=CREDENTIALS)
    assert isinstance(client, BaseClient)
    assert client.meta.service_model.service_name == "kms"
    assert (client.meta.region_name, client.meta.partition) == ("us-gov-west-1", "aws-us-gov")


def test_explicit_credentials_are_used_with_their_session_token():
    frozen = kms.connect(region="eu-west-1", credentials=CREDENTIALS)._request_signer._credentials
    assert (frozen.access_key, frozen.secret_key, frozen.token) == (
        "AKIDEXAMPLE",
        "secret-of-the-test",
        "token-of-the-test",
    )


def test_credentials_show_no_secret():
    assert repr(CREDENTIALS) == "Credentials(access_key_id='AKIDEXAMPLE')"


def test_timeouts_retries_and_pool_are_the_callers():
    config = kms.connect(
        region="eu-west-1",
        credentials=CREDENTIALS,
        retry_mode="adaptive",
        max_attempts=3,
        connect_timeout=1.5,
        read_timeout=2.5,
        pool_size=32,
    ).meta.config
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 3}
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (1.5, 2.5, 32)


def test_fips_takes_the_fips_endpoint():
    client = kms.connect(region="us-east-1", credentials=CREDENTIALS, fips=True)
    assert client.meta.endpoint_url == "https://kms-fips.us-east-1.amazonaws.com"


@cache
def _fips_hosts(service):
    """The FIPS host of each region that has one, by botocore's data, and the regions that have none."""
    hosts, without = {}, []
    for partition in create_loader().load_data("endpoints")["partitions"]:
        endpoints = partition["services"].get(service, {}).get("endpoints", {})
        for region in partition["regions"]:
            variants = endpoints.get(region, {}).get("variants", ())
            found = [variant["hostname"] for variant in variants if variant["tags"] == ["fips"]]
            hosts.update({region: found[0]} if found else {})
            without += [] if found else [region]
    return hosts, without


ROLE = "arn:aws:iam::111122223333:role/issuer"


@pytest.fixture
def made(monkeypatch):
    """Each client that a session makes, by its service."""
    from boto3.session import Session

    made, genuine = {}, Session.client

    def client(self, name, **how):
        made[name] = genuine(self, name, **how)
        return made[name]

    monkeypatch.setattr(Session, "client", client)
    return made


@pytest.fixture(params=["argument", "environment"])
def fips(request, monkeypatch):
    if request.param == "argument":
        return {"fips": True}
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    return {}


class TestFIPS:
    @pytest.mark.parametrize("region", ["us-east-1", "ca-central-1", "eu-west-1", "us-gov-west-1", "us-iso-east-1"])
    def test_kms_is_called_at_its_fips_host_and_sts_at_one_that_exists(self, made, fips, region):
        kms.connect(region=region, credentials=CREDENTIALS, role_arn=ROLE, **fips)
        assert made["kms"].meta.endpoint_url == f"https://{_fips_hosts('kms')[0][region]}"
        host = _fips_hosts("sts")[0].get(region)
        if host is None:
            host = f"sts.{region}.{'c2s.ic.gov' if 'iso' in region else 'amazonaws.com'}"
        assert made["sts"].meta.endpoint_url == f"https://{host}"

    @pytest.mark.parametrize("region", ["cn-north-1", "cn-northwest-1", "eusc-de-east-1", "ap-east-2"])
    def test_a_region_without_a_fips_host_of_kms_is_refused_before_any_call(self, made, fips, region, monkeypatch):
        monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda *_: pytest.fail("a call"))
        for how in ({"credentials": CREDENTIALS}, {"credentials": CREDENTIALS, "role_arn": ROLE}, {}):
            with pytest.raises(KMSError) as caught:
                kms.connect(region=region, **how, **fips)
            error = caught.value
            assert (error.code, error.retryable) == ("configuration", False)
            assert region in error.message
        assert made == {}

    def test_the_region_of_a_profile_counts(self, fips, monkeypatch, tmp_path):
        config = tmp_path / "config"
        config.write_text("[profile issuer]\nregion = cn-north-1\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
        with pytest.raises(KMSError) as caught:
            kms.connect(profile="issuer", **fips)
        assert "cn-north-1" in caught.value.message

    @pytest.mark.exhaustive
    def test_every_region_goes_by_the_data_of_botocore(self, made):
        hosts, without = _fips_hosts("kms")
        assert len(hosts) > 30
        for region, host in hosts.items():
            kms.connect(region=region, credentials=CREDENTIALS, role_arn=ROLE, fips=True)
            assert made["kms"].meta.endpoint_url == f"https://{host}"
            if region not in _fips_hosts("sts")[0]:
                assert "fips" not in made["sts"].meta.endpoint_url
        for region in without:
            with pytest.raises(KMSError):
                kms.connect(region=region, credentials=CREDENTIALS, fips=True)

    def test_without_fips_nothing_is_refused(self, made):
        kms.connect(region="cn-north-1", credentials=CREDENTIALS, role_arn=ROLE)
        assert made["kms"].meta.endpoint_url == "https://kms.cn-north-1.amazonaws.com.cn"
        assert made["sts"].meta.endpoint_url == "https://sts.cn-north-1.amazonaws.com.cn"


def test_fips_with_an_endpoint_from_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(KMSError) as caught:
        kms.connect(region="us-east-1", credentials=CREDENTIALS, fips=True)
    assert caught.value.code == "configuration"


def test_a_profile_is_read(monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile issuer]\nregion = eu-central-1\naws_access_key_id = A\naws_secret_access_key = B\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert kms.connect(profile="issuer").meta.region_name == "eu-central-1"


@pytest.mark.parametrize(
    "arguments",
    [
        {"local": ":memory:", "profile": "p"},
        {"local": ":memory:", "role_arn": "arn:aws:iam::111122223333:role/issuer"},
        {"local": ":memory:", "endpoint_url": "http://127.0.0.1:1"},
        {"local": ":memory:", "fips": True},
        {"local": ":memory:", "credentials": CREDENTIALS},
        {"credentials": CREDENTIALS, "profile": "p"},
        {"fips": True, "endpoint_url": "http://127.0.0.1:1"},
    ],
    ids="+".join,
)
def test_arguments_that_exclude_each_other_are_refused(arguments):
    with pytest.raises(InputError) as caught:
        kms.connect(**arguments)
    assert caught.value.code == "usage"


@pytest.mark.parametrize("name", ["connect_timeout", "read_timeout"])
@pytest.mark.parametrize("seconds", [0, -1.0, math.nan, math.inf, 86_401, "5s", None])
def test_a_timeout_is_a_time_that_ends(name, seconds):
    with pytest.raises(InputError, match=name) as caught:
        kms.connect(region="eu-west-1", credentials=CREDENTIALS, **{name: seconds})
    assert caught.value.code == "usage"


@pytest.mark.parametrize("pool_size", [0, -1, 10_001, 10**12, "many", None])
def test_a_pool_is_of_a_size_that_can_be_made(pool_size):
    with pytest.raises(InputError) as caught:
        kms.connect(region="eu-west-1", credentials=CREDENTIALS, pool_size=pool_size)
    assert caught.value.code == "usage"


def test_faults_without_the_embedded_kms_are_refused(kmsjose_faults):
    with pytest.raises(InputError) as caught:
        kms.connect(region="eu-west-1", faults=kmsjose_faults)
    assert caught.value.code == "usage"


@pytest.mark.parametrize(
    "arguments", [{"profile": "nobody"}, {"region": "not a region"}, {"region": "eu-west-1", "endpoint_url": "nothing"}]
)
def test_what_boto3_can_make_no_client_of_is_a_configuration_error(arguments):
    with pytest.raises(KMSError) as caught:
        kms.connect(**arguments)
    assert caught.value.code == "configuration"


def test_no_region_is_a_configuration_error(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    with pytest.raises(KMSError) as caught:
        kms.connect()
    assert caught.value.code == "configuration"


def test_a_role_is_assumed_when_first_needed_and_again_before_its_end(monkeypatch):
    sessions = []

    class STS:
        def assume_role(self, **parameters):
            sessions.append(parameters)
            now = datetime.datetime.now(datetime.UTC)
            return {
                "Credentials": {
                    "AccessKeyId": f"ASSUMED{len(sessions)}",
                    "SecretAccessKey": "s",
                    "SessionToken": "t",
                    # It ends within boto3's time of mandatory renewal, so each use asks again.
                    "Expiration": now + datetime.timedelta(minutes=1),
                }
            }

    from boto3.session import Session

    made = Session.client
    monkeypatch.setattr(
        Session, "client", lambda self, name, **how: STS() if name == "sts" else made(self, name, **how)
    )
    role = "arn:aws:iam::111122223333:role/issuer"
    client = kms.connect(region="eu-west-1", credentials=CREDENTIALS, role_arn=role)
    assert sessions == []
    credentials = client._request_signer._credentials
    assert credentials.get_frozen_credentials().access_key == "ASSUMED1"
    assert credentials.get_frozen_credentials().access_key == "ASSUMED2"
    assert sessions[0] == {"RoleArn": role, "RoleSessionName": "kmsjose"}


def test_the_embedded_kms_needs_no_configuration_and_ignores_what_there_is(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.delenv("AWS_REGION", raising=False)
    client = kms.connect(local=":memory:")
    assert kms.create_key(client, "ES256").startswith("arn:aws:kms:eu-west-1:")


def test_a_client_that_the_caller_already_has_will_do():
    import boto3

    from kmsjose.kms.local import attach

    client = boto3.client("kms", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    attach(client, ":memory:")
    assert kms.KMSSigner.open(client, kms.create_key(client, "ES256")).sign(b"m")


class TestACredentialProcess:
    """A program that the profile names for getting credentials."""

    @pytest.fixture
    def process(self, monkeypatch, tmp_path):
        def use(command):
            config = tmp_path / "config"
            config.write_text(f"[profile program]\ncredential_process = {command}\n")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

        return use

    @pytest.mark.parametrize(
        "command, told",
        [
            ("/nowhere/program", "No such file or directory: /nowhere/program"),
            ("/bin/echo secret-of-the-test", "gave something else"),
            ("/bin/echo '{\"Version\": 2}'", "Unsupported version"),
            ("/bin/false", "retrieving credentials"),
        ],
    )
    def test_that_fails_is_a_matter_of_the_credentials(self, process, command, told):
        process(command)
        with pytest.raises(KMSError) as caught:
            kms.connect(region="eu-west-1", profile="program")
        assert caught.value.code == "credentials"
        assert told in caught.value.message
        assert "secret-of-the-test" not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize("then", [None, "#!/bin/sh\necho oops\n"])
    def test_that_fails_when_it_is_asked_again_fails_the_call_by_the_credentials(self, process, tmp_path, then):
        """Its credentials end soon, so that botocore asks again before each call."""
        answer, program = tmp_path / "answer.json", tmp_path / "program"
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
        answer.write_text(
            json.dumps({"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": soon.isoformat()})
        )
        program.write_text(f"#!/bin/sh\ncat {answer}\n")
        program.chmod(0o700)
        process(program)
        client = kms.connect(region="eu-west-1", profile="program", endpoint_url="http://127.0.0.1:1", max_attempts=1)
        program.unlink() if then is None else program.write_text(then)
        with pytest.raises(KMSError) as caught:
            kms.calls.call(client, "ListKeys")
        assert caught.value.code == "credentials"
