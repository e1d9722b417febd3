"""What signs: the one seam, and the Signers that need no KMS."""

from .chained import ChainedSigner, with_chain
from .failover import Failover
from .local import LocalSigner
from .private_key import as_private_key
from .request import Request, Requests
from .signer import Signer, SignerSource, current, signer_of
from .signing_input import SigningInput

__all__ = [
    "ChainedSigner",
    "Failover",
    "LocalSigner",
    "Request",
    "Requests",
    "Signer",
    "SignerSource",
    "SigningInput",
    "as_private_key",
    "current",
    "signer_of",
    "with_chain",
]
