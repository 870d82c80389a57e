"""Every numeric tolerance of the Python tests, each with its reason. Values are absolute unless said otherwise."""

# The bound for an exported file in fp32 against PyTorch, on values of nominally 0 to 1.
EXPORT_PARITY = 1e-4

# One float32 formula written in two ways: a few roundings of values up to 4.
SAME_FORMULA = 2e-6

# Gradients in float64 summed in another order, relative to the largest one.
SAME_GRADIENT = 1e-9

# Largest change of an output at the start of training: last layers start with a spread of 1e-3.
NEAR_IDENTITY = 0.2

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

# PSNR in dB between a clip and what H.264 leaves of it at factors of 30 and 35: above this nothing would be lost.
H264_CHANGES = 50.0

# PSNR in dB of a textured clip after an encoder at usual qualities: below it would be another one, above nothing lost.
ENCODED_PSNR = (22.0, 50.0)

# What rounding the sharp side of a clip to 8 bits may move of a PSNR of 24 to 31 dB, dB.
STORED_PSNR = 0.1

# How far the mean of a picture may move through YUV 4:2:0 and an encoder, in 1/255: rounding to the nearest moves it by
# less than 0.1, rounding downwards by 1.
YUV_SHIFT = 0.2

# JPEG of a flat picture, 8-bit steps: one rounding in each direction of the colour conversion.
JPEG_FLAT = 1

# How far a projective image of a straight line, in units of half the canvas, bends by float32 rounding.
STRAIGHT = 1e-6

# The preview's difference, 8-bit steps: half a step from each of two sides, doubled.
PREVIEW_STEPS = 2

# Share of 400 draws against its probability: four standard deviations of the widest.
DRAWN_SHARE = 0.1

# Root mean square speed of a path by finite differences between sub-frames, relative: a chord is shorter than its arc.
PATH_SPEED = 0.05

# The bound for tiled against untiled output, on values of 0 to 1. Measured with random weights that change
# frames by up to 57 / 255: 3e-5 / 255 for DTB, 2e-5 / 255 for DBLRNet.
TILES = 1 / 255
# The same in eight bits, where what lies near a step is rounded the other way. Measured: 1.16 / 255.
TILES_OF_EIGHT_BITS = 1.5 / 255

# Muon's Newton-Schulz iteration brings singular values within 0.3 of 1 by design; bfloat16 and tiny ones add to it.
ORTHOGONAL = 0.45

# Size of a Muon update, relative: it follows from the singular values.
UPDATE_SIZE = 0.25

# One float64 formula written in two ways, relative: the roundings of some hundred terms.
SAME_IN_FLOAT64 = 1e-12

# The bound for the contiguous blurry loss of 128 x 128 patches with its backward pass, bytes.
CONTIGUOUS_MEMORY = 4 * 2**30

# Rounding to whole numbers of 8 bits, and float32 before it.
ROUNDED = 0.501

# TV-L1 flow of content that moves by whole pixels, mean over the inside, pixels. Measured: 0.003.
FLOW_OF_SHIFT = 0.02

# The bound for frei0r in FFmpeg and in melt against the VapourSynth plugin, on RGB of 8 bits, in steps.
# Measured through FFmpeg 5.1 and 9.0 and through melt 7.12: 0.
FREI0R_STEPS = 2

# Alpha through FFmpeg's conversions between packed and planar RGB, in steps: from 128 on, 5.1 makes it larger by 1.
ALPHA_STEPS = 1

# Peak memory of ffmpeg on 220 frames of 320x240 against 20, MiB: what its own buffers and threads may take. A frame as
# the network has it takes 0.9 MiB, and the network's window and states are full after 20 frames.
GROWTH_MIB = 40

# Resident memory late in a long run against after its warm-up, relative: the bound.
RESIDENT_GROWTH = 0.02
# The same in CI's runs of 2,000 frames, in which caches and heaps still fill: 2.5 % was seen. A state that is lost with
# every frame would be 30 %.
RESIDENT_GROWTH_SHORT = 0.06

# The bound for FFmpeg's output against the plugin's, on values of 0 to 1: two hosts that round to 8 bits.
FFMPEG = 1 / 255 + 1e-9

# The site's page in the browser against the engine, in steps of 8 bits: WebAssembly and native code add float32
# products in another order, and a value near half a step rounds to either side. Measured: 0.
BROWSER_STEPS = 1

# The same of a video, mean over a frame: what VP9 at its best quality and two conversions of colour leave. Measured:
# 1.3, and 19 against the frame before.
BROWSER_VIDEO_STEPS = 4

# A tall model against its source, relative and absolute: float32 sums of up to 140 and a change of range and back.
TALL = 5e-5

# Least gain in dB of shipped weights on each clip of the quality test. Measured: DTB 1.37 on `rocket` and more on
# the others; on `astronaut` RUNet 2.56, RVD 2.07, DBLRNet 1.94, DBLRGAN 2.08, SharpSequence 0.63.
SHIPPED_GAIN = {"DTB": 1.2, "RUNet": 2.4, "RVD": 1.9, "DBLRNet": 1.8, "DBLRGAN": 1.9, "SharpSequence": 0.4}

# Least PSNR in dB of a sharp clip that went through shipped weights, against itself: the bound.
SHARP_CONTROL = 42.0

# States of the shipped DTB on noise: measured 1.5 to 4.6, where features end at 4.
SHIPPED_STATE = 8.0

# What is left in its output, 0..1, of states that were all off by 1 sixty frames ago: rounding, carried on.
DISTURBANCE = 1e-4

# DTB without recurrence against STRCNN, number of parameters, relative: the paper has them equal and does not say how.
CNN_PARAMETERS = 0.02

# Two runtimes at fp32 on networks of random weights: sums of thousands of float32 products in another order, through
# all layers and, for recurrent networks, through up to 14 frames of state.
RUNTIMES_APART = 2e-4

# Eight-bit answers of a small network of random weights against float32 ones, on values up to 3. A step of its inputs
# is 1/255, one of its weights a 64th of the largest.
INT8_ANSWER = 0.03

# A change of which a part is applied, on values of about 1, against the same sum in numpy: rounding of float32.
STRENGTH = 1e-6

# ONNX Runtime for ARM against that for x86-64 at fp32, relative to the largest sample; whole samples may round to the
# next number too. Their kernels sum in other orders, and only one of the two compilers fuses products with sums.
MACHINES = 2e-4

# OpenVINO for Windows against OpenVINO for Linux at fp32, relative to the largest sample; whole samples may round to
# the next number too.
OPENVINO_SYSTEMS = 2e-4

# The engine in OpenVINO against the reference in ONNX Runtime, times the strength: the bound for float32 sums
# in another order, in small networks of bounded values. Measured: 3.6e-7.
REFERENCE = 1e-5
# Shipped weights at fp32 on a flat picture of 32x32, any of 256 levels, in steps of 1/255. Near the border layers see
# the 0 that they are padded with. Measured: DTB 1.84 at white, SharpSequence 1.88 at black, the others less. With eight
# mirrored pixels around every frame DTB has 0.29, SharpSequence 0.20 and RUNet 0.59, but the outermost eight pixels of
# the evaluation clips lose by them: DTB 0.20 dB, at worst 0.57, and RUNet 0.24 and 0.62. So frames have none.
FLAT = {"DTB": 1.9, "RUNet": 1.0, "DBLRNet": 0.6, "DBLRGAN": 0.7, "RVD": 0.8, "SharpSequence": 1.95}
# The same of DTB on flat red, green and other full colours: 8.4 on yellow.
FLAT_COLOUR = 8.6
# The same more than 8 pixels from the border: the bound. Measured: 0.29 on greys and 0.70 on magenta.
FLAT_INSIDE = 1.0

# DTB and RUNet on a static clip, between a frame on which the state has settled and any later one, in steps of 1/255:
# float32 rounding that goes round in the state. Measured: 0.001.
STATIC = 0.01

# What a flash of one frame, 77 steps brighter, leaves in DTB's state four frames later, in steps of 1/255. Measured:
# 0.05.
ECHO = 0.1

# How far the mean of a flat picture in noise, that slowly grows brighter, comes out from its own, in steps of 1/255:
# less than half a step is not seen. Measured: DTB 0.20, RUNet 0.12.
LAG = 0.5

# How far fades and flashes of flat pictures leave the range of their window, in steps of 1/255: as FLAT, and DTB more
# on the frame of a flash too small for a cut. Measured: DTB 11.2, RUNet 1.28, DBLRNet 1.3, DBLRGAN 1.4, RVD 1.2,
# SharpSequence 1.8.
RINGING = {"DTB": 11.5, "RUNet": 1.3, "DBLRNet": 1.5, "DBLRGAN": 1.6, "RVD": 1.4, "SharpSequence": 1.95}
# The same more than 8 pixels from the border. Measured: DTB 2.4.
RINGING_INSIDE = 2.6

# Least share of cuts between scenes of real footage that the detector finds, by the brightness that is left of it, and
# most of the other pairs of frames that it takes for cuts. Measured: all, all and 5 of 8; at most 1 of 207.
CUTS_FOUND = {1: 1.0, 0.25: 1.0, 0.1: 0.5}
FALSE_CUTS = 0.01
