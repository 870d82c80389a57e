"""Video deblurring for VapourSynth, FFmpeg, editors, the command line and numpy."""
