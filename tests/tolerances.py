"""Every numeric tolerance of the Python tests, each with its reason. Values are absolute unless said otherwise."""

# The bound for an exported file in fp32 against PyTorch, on values of nominally 0 to 1.
EXPORT_PARITY = 1e-4

# One float32 formula written in two ways: a few roundings of values up to 4.
SAME_FORMULA = 2e-6

# Gradients in float64 summed in another order, relative to the largest one.
SAME_GRADIENT = 1e-9

# Largest change of an output at the start of training: last layers start with a spread of 1e-3.
NEAR_IDENTITY = 0.2

# RVD's declared receptive field is effective: what lies outside may move the centre by this share of the residual's
# standard deviation. Measured with random weights: 0.004. A residual of 0.05 then moves by an eighth of an 8-bit step.
RVD_OUTSIDE_FIELD = 0.01

# RVD's published size, 7.3 M parameters, relative.
RVD_PARAMETERS = 0.03

# Published sizes of DBLRNet ("about 1.9 M") and SharpSequence ("about 1.7 M"), relative: their last digit's rounding.
ABOUT_PARAMETERS = 0.03

# sRGB there and back in float32: the power function's rounding.
SRGB_ROUND_TRIP = 2e-6

# Half a step of 8 bits, which rounding may cost, and float32 rounding of the sRGB curve.
EIGHT_BITS = 0.5 / 255 + 1e-5

# The simulated JPEG against libjpeg's, dB: they differ in chroma filters and integer arithmetic, while quantisation
# noise itself is near 30 dB.
JPEG_AGREEMENT = 38.0

# Root mean square speed of a path by finite differences between sub-frames, relative: a chord is shorter than its arc.
PATH_SPEED = 0.05

# The bound for tiled against untiled output, on values of 0 to 1. Measured with random weights that change
# frames by up to 57 / 255: 3e-5 / 255 for DTB, 2e-5 / 255 for DBLRNet.
TILES = 1 / 255

# The bound for FFmpeg's output against the plugin's, on values of 0 to 1: two hosts that round to 8 bits.
FFMPEG = 1 / 255 + 1e-9

# A tall model against its source, relative and absolute: float32 sums of up to 140 and a change of range and back.
TALL = 5e-5
