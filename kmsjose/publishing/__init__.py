"""Publishing: the files of a web server that say which keys are an issuer's."""

__all__ = ["folder", "page", "published", "tree"]
