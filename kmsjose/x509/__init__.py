"""Certificate requests, and certificates, signed by any Signer (RFC 2986, RFC 5280).

A chain comes out whole, the new certificate first and the self-signed root left out, so that `with_chain` takes it as
it is. Names beside the subject are written as ``dns:host``, ``uri:https://...``, ``ip:192.0.2.1`` or ``email:a@host``.

    >>> from cryptography.hazmat.primitives.asymmetric import ec
    >>> from datetime import timedelta
    >>> from kmsjose import LocalSigner
    >>> ca, signer = (LocalSigner(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    >>> root = self_signed(ca, "CN=CA,O=Example", role=CA(), lifetime=timedelta(days=3650))
    >>> request = read_request(csr(signer, "CN=issuer,O=Example", ["uri:https://issuer.example"]))
    >>> chain = issue(ca, root, request, lifetime=timedelta(days=90))
    >>> chain.leaf.subject.rfc4514_string()
    'CN=issuer,O=Example'
"""

from ..keys.certificate import Certificate
from ..keys.chain import Chain
from .issuing import issue, self_signed
from .names import name
from .request import Request, csr, read_request
from .role import CA, Leaf

__all__ = ["CA", "Certificate", "Chain", "Leaf", "Request", "csr", "issue", "name", "read_request", "self_signed"]
