"""What `python -m training.evaluate` does, one subject a file; needs the installed package vsdeblur and no torch."""
