"""The models in FFmpeg: filter graphs (``graph.graph``), and a launcher that sets FFmpeg up for them (``launch``)."""
