"""The project's own vectors: `python -m tests.vectors` writes them anew, and pytest holds every one of them."""
