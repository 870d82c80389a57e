from __future__ import annotations

import pytest

from training.loop.objectives import OBJECTIVES
from training.loop.recipes import RECIPES
from training.networks import NETWORKS


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_phases_begin_at_0_and_rise(name: str) -> None:
    starts = [phase.start for phase in RECIPES[name].phases]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] < 1


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_phase_can_be_run(name: str) -> None:
    for phase in RECIPES[name].phases:
        assert phase.loss in OBJECTIVES
        assert phase.size % 16 == 0  # the simulated JPEG's blocks
        assert phase.size % NETWORKS[name].multiple == 0
        modules = dict(NETWORKS[name]().named_modules())
        assert not phase.frozen or modules[phase.frozen]
        assert all(modules[each] for each in phase.only)


def test_the_phase_of_a_moment_is_the_last_that_has_begun() -> None:
    recipe = RECIPES["DTB"]
    for phase in recipe.phases:
        assert recipe.phase(phase.start) is phase
    assert recipe.phase(1.0) is recipe.phases[-1]
