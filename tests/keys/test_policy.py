"""Which signatures of a message with several must be good, and what is told where they are not."""

from __future__ import annotations

import pytest

from kmsjose import LocalSigner, jws
from kmsjose.errors import InputError, PolicyError
from kmsjose.jose.json_verify import Verdict
from kmsjose.keys import KeySet
from kmsjose.keys.policy import apply_policy, check_policy


@pytest.mark.parametrize("policy", [[7], [None], ["a", 7], {bytearray: 1}], ids=repr)
def test_a_policy_of_other_things_than_kids_is_refused_before_anything_is_verified(policy, refused):
    with refused("usage", InputError):
        check_policy(policy)


def test_a_signature_with_an_error_counts_for_no_key(signers, refused):
    key = signers["ES256"].public_key
    bad = Verdict(key.kid, {}, key, "signature-invalid")
    for policy in ("any", "all", [key.kid]):
        with refused("policy-unmet", PolicyError):
            apply_policy(policy, [bad, bad])


class TestWhatIsTold:
    LONG = "k" * 100

    @pytest.fixture
    def told(self, private_keys, signers):
        """What is told of a message whose second signature of three is by nobody who is trusted."""
        good = [LocalSigner(private_keys["ES256"], kid="a"), LocalSigner(private_keys["EdDSA"], kid="b")]
        message = jws.sign_json(b"payload", [good[0], signers["ES384"], good[1]])
        keys = KeySet(signer.public_key for signer in good)

        def ask(policy):
            with pytest.raises(PolicyError) as caught:
                jws.verify_json(message, keys, policy=policy)
            return caught.value.message

        return ask

    def test_how_many_were_refused(self, told):
        assert told("all") == "of 3 signatures 1 were refused"

    def test_the_kids_that_are_missing_in_order_and_not_at_any_length(self, told):
        assert told(["a", "z", self.LONG]) == (
            f"of 3 signatures 1 were refused, and no good one is by {'k' * 64!r}, 'z'"
        )
