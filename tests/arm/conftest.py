"""What the tests of the wheel for ARM share.

tests/run names the folder that scripts/arm.sh fills, with the wheel installed for a Python for ARM: VSDEBLUR_TEST_ARM.
The wheel for x86-64 is installed where pytest runs.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.arm.arm import Arm


@pytest.fixture(scope="session")
def arm() -> Arm:
    folder = os.environ.get("VSDEBLUR_TEST_ARM")
    if not folder:
        pytest.skip("VSDEBLUR_TEST_ARM is not set: it names the folder that scripts/arm.sh fills")
    return Arm(Path(folder))
