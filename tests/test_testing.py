"""The pytest fixtures that users of the package get by installing it."""

from __future__ import annotations

from kmsjose.algorithms import TABLE

pytest_plugins = ["pytester"]


def test_a_users_tests_find_the_fixtures(pytester):
    pytester.makepyfile(
        """
        import pytest
        from kmsjose import KMSError, KeySet, jws

        def test_a_signer(kmsjose_signer):
            signer = kmsjose_signer("ES256")
            assert jws.verify(jws.sign(b"m", signer), KeySet([signer.public_key])).payload == b"m"
            assert kmsjose_signer("ES256") is signer
            assert kmsjose_signer("Ed25519") is kmsjose_signer("EdDSA")

        def test_faults(kmsjose_signer, kmsjose_faults):
            signer = kmsjose_signer("ES256")
            kmsjose_faults.error("AccessDeniedException", "Sign")
            with pytest.raises(KMSError):
                signer.sign(b"m")

        def test_each_test_has_a_kms_of_its_own(kmsjose_client):
            assert kmsjose_client.list_keys()["Keys"] == []

        def test_each(kmsjose_each_signer):
            kmsjose_each_signer.sign(b"m")
        """
    )
    # In a process of its own, as a user runs it: the plugin is found by its entry point.
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=3 + len(TABLE))


def test_each_fixture_says_what_it_is(pytester):
    told = pytester.runpytest_subprocess("--fixtures", "-q").stdout.str()
    for name in ("kmsjose_faults", "kmsjose_client", "kmsjose_signer", "kmsjose_each_signer"):
        assert f"\n{name} -- " in told
    assert "no docstring available" not in told.partition("kmsjose.testing")[2].partition("----")[0]
