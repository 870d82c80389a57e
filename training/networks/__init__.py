"""The networks, one paper a file."""
