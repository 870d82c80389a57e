"""Tall files on disk: made once for each model file, found again by its checksum.

They lie in ``$XDG_CACHE_HOME/vsdeblur`` (``~/.cache/vsdeblur``) as ``NAME-SHA256.tall.onnx`` and may be deleted at any
time when no FFmpeg is starting.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from vsdeblur._engine import Error
from vsdeblur.contract import Contract
from vsdeblur.ffmpeg.cache import cache_folder, write_whole
from vsdeblur.ffmpeg.tall import tall_model

__all__ = ["tall_file"]

_DIGITS = 16  # of the checksum: enough to tell the files of one user apart


def tall_file(path: Path, contract: Contract) -> Path:
    """The tall file of a model that has a tall form (``tall.refusal``), made if it is not there.

    Raises Error when the model cannot be read or the file cannot be written.
    """
    folder = cache_folder()
    try:
        model = path.read_bytes()
        found = folder / f"{contract.name}-{hashlib.sha256(model).hexdigest()[:_DIGITS]}.tall.onnx"
        if not found.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(found, tall_model(model, contract))
    except OSError as error:
        raise Error(f"the model for FFmpeg cannot be made: {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise Error(f"{path} is not an ONNX file: {error}") from error
    return found
