"""The models in FFmpeg: filter graphs (``graph.graph``), and a launcher that sets FFmpeg up for them (``launch``)."""

from pkgutil import extend_path

# As in the package above: a checkout's modules come first, and the library is in the installed package.
__path__ = extend_path(__path__, __name__)
