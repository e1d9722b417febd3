"""The configuration of the documentation."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.util.inspect import TypeAliasForwardRef

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "kmsjose"
author = "The kmsjose contributors"
copyright = author  # noqa: A001 - Sphinx reads this name
version = release = version_of("kmsjose")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tables"]
exclude_patterns = ["_build", "_ext"]
html_theme = "furo"
html_title = f"kmsjose {release}"

# Single backticks in docstrings are code, as in Markdown.
default_role = "code"
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

napoleon_numpy_docstring = False
napoleon_use_ivar = True  # an attribute that a class's docstring tells of is not listed a second time

autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True, "exclude-members": "__new__"}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
# These names say more than what they stand for.
autodoc_type_aliases = {
    "Directory": "~kmsjose.publishing.folder.Directory",
    "AuditHook": "~kmsjose.kms.audit.AuditHook",
    "JSON": "kmsjose.encoding.JSON",
    "JSONObject": "~kmsjose.encoding.JSONObject",
    "Material": "~kmsjose.algorithms.Material",
    "MessageType": "~kmsjose.algorithms.MessageType",
    "MethodType": "~kmsjose.keys.did_document.MethodType",
    "Payload": "~kmsjose.payload.Payload",
    "Purpose": "~kmsjose.keys.did_document.Purpose",
}
# In a union, Sphinx writes the repr of its placeholder for such a name, and has no option for it.
TypeAliasForwardRef.__repr__ = lambda self: self.name
maximum_signature_line_length = 100

nitpicky = True
nitpick_ignore_regex = [
    # Their documentation is on the network, and the build works without one.
    (r"py:.*", r"(abc|boto3|botocore|collections|cryptography|datetime|enum|os|pathlib|pytest)\..*"),
    # The same, where autodoc sees a name as the code has it: in dataclasses, and where it is imported for types alone.
    (r"py:class", r"BaseClient|Faults|RetryMode|(ec|hashes)\..*"),
]
nitpick_ignore = [
    ("py:class", "kmsjose.signers.request.T"),
    ("py:obj", "kmsjose.signers.request.T"),
    ("py:class", "kmsjose.cose.message.Message"),  # of a field that is nobody's to look at
    ("py:attr", "codes"),  # the table on the page of errors shows them
]
