"""The command line: commands parse, call the library and print; what is signed and verified is decided there."""

from .main import main

__all__ = ["main"]
