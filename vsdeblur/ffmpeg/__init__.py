"""The models in FFmpeg: filter graphs, and a launcher that sets FFmpeg up for them."""
