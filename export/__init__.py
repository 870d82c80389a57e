"""Networks to ONNX files that carry the contract: ``python -m export NAME --checkpoint C --out F``."""


class ExportError(ValueError):
    """What the user asked for cannot be exported; the message is one sentence."""
