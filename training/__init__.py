"""Training: networks, blur synthesis, losses, loops. Imports nothing from export or the engine."""
