"""The wheel itself."""

from __future__ import annotations

import re

import pytest

from tests.arm.arm import Arm
from tests.packaging.libraries import SHOWN, SYSTEM_LIBRARIES, glibc, library, needed, promised_glibc, shown


def test_one_wheel_serves_every_python_from_3_12_and_glibc_2_28(arm: Arm) -> None:
    assert re.fullmatch(r"vsdeblur-[0-9.]+-cp312-abi3-manylinux_2_28_aarch64\.whl", arm.wheel.name)


@pytest.mark.parametrize("name", SHOWN)
def test_libraries_are_for_arm_and_need_no_newer_system(arm: Arm, name: str) -> None:
    file = library(arm.wheel, name)
    assert file["e_machine"] == "EM_AARCH64"
    assert needed(file) <= SYSTEM_LIBRARIES
    assert glibc(file) <= promised_glibc(arm.wheel)


@pytest.mark.parametrize("name", SHOWN)
def test_libraries_show_what_programs_call_and_nothing_else(arm: Arm, name: str) -> None:
    assert shown(library(arm.wheel, name)) == SHOWN[name]
