"""How networks are trained: recipes, optimiser, objectives, what is kept and shown of a run, one subject a file."""
