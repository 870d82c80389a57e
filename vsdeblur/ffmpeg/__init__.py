"""The models in FFmpeg: filter graphs (``graph.graph``), and what they need beside FFmpeg itself."""
