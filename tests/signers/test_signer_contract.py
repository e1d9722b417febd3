"""LocalSigner keeps the contract of a Signer, for every algorithm (the `signer` fixture gives each in turn)."""

from ..contracts.signer import SignerContract


class TestLocalSigner(SignerContract):
    pass
