"""`kmsjose cose`: COSE signatures over any content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, BinaryIO, Final

import rich_click as click

from ..errors import InputError, VerificationError
from . import chains, keyfiles, outputs, streams
from .command import InOrder, examples
from .context import Place, pass_place
from .options import accepted_algs, alg, chain, file, keys, kid, out, policy, signing_keys
from .policies import check_one, policy_of, told_verdicts, verdicts_told

if TYPE_CHECKING:
    from ..keys import KeySet
    from ..keys.policy import Policy
    from ..signers import Signer


_FORMAT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


@click.group(cls=InOrder)
def cose() -> None:
    """Sign and verify any content as COSE (RFC 9052)."""


@cose.command(
    epilog=examples(
        "kmsjose cose sign --key alias/release --detached --out firmware.cose firmware.bin",
        "kmsjose cose sign --key alias/release --hash-envelope --out sbom.cose sbom.spdx.json",
        "kmsjose cose sign --key alias/one --key alias/two --out contract.cose contract.pdf",
    )
)
@signing_keys
@alg("The algorithm; only RSA keys need it. Of several keys, those that can't do it use their own.")
@kid
@click.option("--aad", metavar="HEX", default="", help="What is signed besides, and not sent.")
@click.option("--content-type", metavar="TYPE", help="Of the content: a media type, or a CoAP Content-Format number.")
@click.option("--detached", is_flag=True, help="Leave the content out of the result; it may then be of any size.")
@click.option("--hash-envelope", is_flag=True, help="Sign the SHA-256 digest of the content (RFC 9995), by any key.")
@click.option("--fully-specified", is_flag=True, help="Write the RFC 9864 number of the algorithm: -9 for -7.")
@chain
@out
@file()
@pass_place
def sign(
    place: Place,
    /,
    *,
    keys: Sequence[str],
    alg: str | None,
    kid: str | None,
    aad: str,
    content_type: str | None,
    detached: bool,
    hash_envelope: bool,
    fully_specified: bool,
    chain: str | None,
    haip: bool,
    out: str | None,
    file: str | None,
) -> None:
    """Sign a file, and write the message: a COSE_Sign1 by one key, a COSE_Sign by several."""
    if kid is not None and len(keys) != 1:
        raise InputError("usage", "--kid is for one --key")
    if chain is not None and len(keys) != 1:
        raise InputError("usage", "--chain is for one --key")
    streams.only_one_stdin(file, *([] if chain is None else [chain]))
    if hash_envelope and len(keys) != 1:
        raise InputError("usage", f"--hash-envelope takes one --key, not {len(keys)}")
    external_aad, media_type = _hex(aad), number_or_text(content_type)
    outputs.check(out, file, chain)
    attach = chains.attacher(chain, haip=haip)
    with streams.payload(file) as content:
        signers = [attach(place.signer(keys[0], alg, kid))] if len(keys) == 1 else place.signers(keys, alg)
        if hash_envelope:
            message = _enveloped(content, signers[0], media_type, external_aad, detached, fully_specified)
        else:
            message = _signed(content, signers, media_type, external_aad, detached, fully_specified)
    outputs.write(message, out)


def _enveloped(
    content: BinaryIO,
    signer: Signer,
    media_type: int | str | None,
    external_aad: bytes,
    detached: bool,
    fully_specified: bool,
) -> bytes:
    from ..cose import sign_hash_envelope

    return sign_hash_envelope(
        content,
        signer,
        content_type=media_type,
        external_aad=external_aad,
        detached=detached,
        fully_specified=fully_specified,
    )


def _signed(
    content: BinaryIO,
    signers: Sequence[Signer],
    media_type: int | str | None,
    external_aad: bytes,
    detached: bool,
    fully_specified: bool,
) -> bytes:
    from .. import cose

    protected = {cose.Label.CONTENT_TYPE: media_type}
    if len(signers) == 1:
        return cose.sign1(
            content,
            signers[0],
            protected=protected,
            external_aad=external_aad,
            detached=detached,
            fully_specified=fully_specified,
        )
    each = [cose.SignAs(signer, fully_specified=fully_specified) for signer in signers]
    return cose.sign(content, each, protected=protected, external_aad=external_aad, detached=detached)


@cose.command(
    epilog=examples(
        "kmsjose cose verify --keys keys.cose --payload firmware.bin firmware.cose",
        "kmsjose cose verify --keys jwks.json --payload sbom.json sbom.cose",
        "kmsjose cose verify --keys jwks.json --policy any contract.cose > contract.pdf",
    )
)
@keys
@accepted_algs
@click.option("--aad", metavar="HEX", default="", help="What was signed besides.")
@click.option(
    "--payload",
    metavar="FILE",
    type=click.Path(readable=False),
    help="The content, where it is detached or its digest was signed.",
)
@policy
@out
@file()
def verify(
    *,
    keys: str,
    algs: Sequence[str],
    aad: str,
    payload: str | None,
    policy: str,
    out: str | None,
    file: str | None,
) -> None:
    """Verify a COSE_Sign1 or COSE_Sign, and write its content; with --payload nothing is written."""
    streams.only_one_stdin(keys, file, *([] if payload is None else [payload]))
    if payload is not None and out is not None:
        raise InputError("usage", "--out is for the content of the message, and with --payload you have it")
    outputs.check_apart(out, keys, file)
    wanted, external_aad = policy_of(policy), _hex(aad)
    trusted = keyfiles.load(keys, algs)
    message = streams.read(file)
    with nullcontext() if payload is None else streams.payload(payload, may_be_empty=True) as content:
        verified = _verified(message, trusted, content, wanted, external_aad, algs or None)
    if payload is None and verified is not None:
        outputs.write(verified, out)


def _verified(
    message: bytes,
    trusted: KeySet,
    content: BinaryIO | None,
    policy: Policy,
    external_aad: bytes,
    algs: Sequence[str] | None,
) -> bytes | None:
    from .. import cose
    from ..cose.message import SIGN1_TAG, SIGN_TAG, read_message

    # Only chooses what is then verified as such.
    tag, parts = read_message(message, (SIGN1_TAG, SIGN_TAG), streams.MAX_INPUT)
    if tag == SIGN_TAG or (tag is None and isinstance(parts.last, list)):
        with verdicts_told():
            several = cose.verify(
                message, trusted, payload=content, external_aad=external_aad, policy=policy, algorithms=algs
            )
        told_verdicts(several.verdicts)
        return several.payload
    if content is not None and _is_hash_envelope(parts.protected):
        one = cose.verify_hash_envelope(message, trusted, content, external_aad=external_aad, algorithms=algs)
    else:
        one = cose.verify1(message, trusted, payload=content, external_aad=external_aad, algorithms=algs)
    check_one(policy, one.key)
    return one.payload


def _is_hash_envelope(protected: bytes) -> bool:
    from ..cose import Label
    from ..cose.header import read_protected

    try:
        return Label.PAYLOAD_HASH_ALG in read_protected(protected)
    except VerificationError:
        # Which is then the verdict of verifying it.
        return False


def _hex(written: str) -> bytes:
    try:
        return bytes.fromhex(written)
    except ValueError:
        raise InputError("usage", "--aad is not bytes in hex, two digits each") from None


def number_or_text(written: str | None) -> int | str | None:
    """A media type, or the number of a CoAP Content-Format."""
    return int(written) if written is not None and _FORMAT.fullmatch(written) else written
