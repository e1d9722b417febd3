"""Write every file of vectors: `python -m tests.vectors`."""

from __future__ import annotations

from . import build
from .keys import FOLDER


def main() -> None:
    """Write what changed, and say so."""
    for name, text in build.files().items():
        path = FOLDER / name
        changed = not path.exists() or path.read_text("utf-8") != text
        path.write_text(text, "utf-8")
        print(f"{name}: {'written' if changed else 'as before'}")


if __name__ == "__main__":
    main()
