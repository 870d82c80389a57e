"""The papers' ablations, small: `python -m training.ablations`."""
