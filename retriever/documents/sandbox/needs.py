"""Which files a process that reads documents needs: interpreter, libraries, and the packages that are loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_INSTALLED = ("site-packages", "dist-packages")


def needed_files() -> list[Path]:
    """Return the folders and files, each with all that is below it. Of what is not installed they are loaded packages.

    So the folder that a package lies in, which may be anybody's working folder, is none of them.
    """
    installed = {
        Path(sys.prefix),
        Path(sys.base_prefix),
        *(Path(each) for each in sys.path if each.endswith(_INSTALLED)),
    }
    files = [getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if "." not in name]
    loaded = {_whole(Path(file)) for file in files if file}
    own = {each for each in loaded if not any(each.is_relative_to(folder) for folder in installed)}
    libraries = filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    return sorted({*installed, *own, *map(Path, libraries)})


def _whole(file: Path) -> Path:
    """Return the folder of a package, or the file of a module that is none."""
    return file.parent if file.stem == "__init__" else file
