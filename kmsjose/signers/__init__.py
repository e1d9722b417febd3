"""What signs: the one seam, and the Signers that need no KMS."""

from .local import LocalSigner
from .private_key import as_private_key
from .signer import Signer, SignerSource, current
from .signing_input import SigningInput

__all__ = ["LocalSigner", "Signer", "SignerSource", "SigningInput", "as_private_key", "current"]
