"""Video files in and out, for the commands: what a file holds, its frames, encoders, segments, and joining them.

BestSource decodes, PyAV (FFmpeg's libraries) tells what else a file holds, encodes and muxes.
"""
