"""What training sees: photographs and pairs, the blur that is made of them, and what cameras and encoders do to it.

`pictures`, `datasets` and `pairs` need no torch, since evaluation reads pairs without it.
"""
