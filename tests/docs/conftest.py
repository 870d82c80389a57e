"""The models of the plugin's tests, under the networks' names."""

from __future__ import annotations

from tests.plugin.conftest import random_models, random_weights

__all__ = ["random_models", "random_weights"]
