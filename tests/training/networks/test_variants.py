"""The papers' ablations: every switch builds a network that has the window, states and layers it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.tolerances import CNN_PARAMETERS, SAME_FORMULA
from tests.training.networks.learning import assert_every_layer_learns
from training.networks import DTB, RVD, DBLRNet, Network
from training.networks.rvd import NON_LOCAL, NonLocalBlock, OriginalNonLocal

VARIANTS: dict[str, Callable[[], Network]] = {
    **{
        f"DTB {model} {frames}": lambda model=model, frames=frames: DTB(model=model, frames=frames)  # type: ignore[misc]
        for model in ("CNN", "STRCNN", "STRCNN+DTB")
        for frames in (3, 5, 7)
    },
    "DBLRNet single": lambda: DBLRNet(volumetric=False, frames=1),
    "DBLRNet multi": lambda: DBLRNet(volumetric=False),
    "DBLRNet 3": lambda: DBLRNet(frames=3),
    "DBLRNet 11": lambda: DBLRNet(frames=11),
    "RVD two blocks": lambda: RVD(2, blocks=2),
    **{f"RVD {name}": lambda name=name: RVD(1, non_local=name) for name in NON_LOCAL},  # type: ignore[misc]
}


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_the_shapes_it_says_and_every_layer_learns(name: str) -> None:
    torch.manual_seed(0)
    network = VARIANTS[name]()
    per_frame = 3 if network.color == "rgb" else 1
    frames = torch.rand(2, (sum(network.window) + 1) * per_frame, network.multiple, 2 * network.multiple)
    assert network.input_channels() == frames.shape[1]

    def second_frame() -> tuple[torch.Tensor, ...]:
        _, *states = network(frames, *network.initial_states(frames))
        assert len(states) == len(network.states)
        result: tuple[torch.Tensor, ...] = network(frames, *states)
        return result

    out, *states = second_frame()
    outputs = len(network.outputs.split(","))
    assert out.shape == (2, outputs * per_frame, *frames.shape[2:])
    for state, given in zip(network.states, states, strict=True):
        assert given.shape == (2, state.channels, *(int(side * state.scale) for side in frames.shape[2:]))
    assert_every_layer_learns(network, lambda: torch.stack([x.square().mean() for x in second_frame()]).sum())


@pytest.mark.parametrize(
    ("name", "window", "states"),
    [
        ("DTB CNN 3", (1, 1), []),
        ("DTB STRCNN 5", (2, 2), ["feature_in"]),
        ("DTB STRCNN+DTB 7", (3, 3), ["feature_in", "blended_in"]),
        ("DBLRNet single", (0, 0), []),
        ("DBLRNet multi", (2, 2), []),
        ("DBLRNet 11", (5, 5), []),
        ("RVD SR Non", (2, 2), []),
    ],
)
def test_windows_and_states(name: str, window: tuple[int, int], states: list[str]) -> None:
    network = VARIANTS[name]()
    assert network.window == window
    assert [state.input for state in network.states] == states


def test_a_switch_leaves_the_class_and_other_networks_alone() -> None:
    DTB(model="CNN", frames=7)
    RVD(non_local="SR Non")
    assert DTB.window == DTB().window == (1, 1)
    assert DTB.states == DTB().states
    assert len(DTB.states) == 2
    assert DTB.receptive_field == DTB().receptive_field == 89
    assert RVD.multiple == RVD().multiple == 8


@pytest.mark.parametrize("name", ["DTB CNN 5", "DTB STRCNN 3", "DBLRNet single", "DBLRNet 7"])
def test_the_middle_frame_is_what_is_changed(name: str) -> None:
    network = {**VARIANTS, "DBLRNet 7": lambda: DBLRNet(frames=7)}[name]().eval()
    last = list(network.children())[-2]
    assert isinstance(last, nn.Conv2d)
    frames = torch.rand(1, network.input_channels(), 8, 8)
    per_frame = 3 if network.color == "rgb" else 1
    with torch.no_grad():
        last.weight.zero_()
        out = network(frames, *network.initial_states(frames))[0]
    first = network.window[0] * per_frame
    assert torch.equal(out, frames[:, first : first + per_frame])


@pytest.mark.parametrize("model", ["CNN", "STRCNN", "STRCNN+DTB"])
def test_the_receptive_field_of_each_model_of_dtb(model: str) -> None:
    network = DTB(model=model).eval()
    field, width = network.receptive_field, 2 * network.receptive_field + 2
    reached = []
    for distance in (field // 2, field // 2 - 2):
        for centre in (width // 2, width // 2 + 1):
            far = (torch.arange(width) - centre).abs() > distance
            frames = torch.where(far, torch.nan, torch.rand(1, 9, 2, width))
            with torch.no_grad():
                out = network(frames, *network.initial_states(frames))[0]
            reached.append(bool(out[..., centre].isnan().any()))
    assert not any(reached[:2])
    assert any(reached[2:])


def test_the_models_of_dtb_have_the_same_number_of_parameters_but_for_the_blending() -> None:
    cnn, strcnn, whole = (DTB(model=model) for model in ("CNN", "STRCNN", "STRCNN+DTB"))
    assert whole.blend is not None
    assert parameters(whole) - parameters(strcnn) == parameters(whole.blend)
    assert parameters(cnn) == pytest.approx(parameters(strcnn), rel=CNN_PARAMETERS)


@pytest.mark.parametrize("frames", [3, 5, 7, 9, 11])
def test_the_volumetric_layers_leave_one_instant_of_any_window(frames: int) -> None:
    network = DBLRNet(frames=frames).eval()
    times: list[int] = []
    for layer in (network.conv1, network.conv2):
        layer.register_forward_hook(lambda _module, _inputs, output: times.append(output.shape[2]))
    with torch.no_grad():
        network(torch.rand(1, frames, 4, 4))
    assert times == [frames - 2, 1]


@pytest.mark.parametrize("switches", [{"frames": 1}, {}])
def test_without_volumetric_layers_every_convolution_is_2_d(switches: dict[str, int]) -> None:
    network = DBLRNet(volumetric=False, **switches)
    assert not any(isinstance(module, nn.Conv3d) for module in network.modules())
    assert network.conv1.in_channels == switches.get("frames", 5)


@pytest.mark.parametrize(("blocks", "iterations"), [(1, 4), (2, 2), (4, 1)])
def test_blocks_follow_each_other_with_weights_of_their_own(blocks: int, iterations: int) -> None:
    network = RVD(iterations, blocks=blocks).eval()
    runs: list[nn.Module] = []
    every = [network.recursive, *network.further]
    assert len({id(parameter) for block in every for parameter in block.parameters()}) == blocks * len(
        list(network.recursive.parameters())
    )
    for block in every:
        block.register_forward_hook(lambda module, _inputs, _output: runs.append(module))
    with torch.no_grad():
        network(torch.rand(1, 5, 8, 8))
    assert runs == [block for block in every for _ in range(iterations)]


@pytest.mark.parametrize(("name", "inputs"), [("RVD", (1, 5, 5)), ("Non-1", (3, 3, 3)), ("Non-2", (3, 5, 5))])
def test_non_local_blocks_take_the_frames_of_table_2(name: str, inputs: tuple[int, ...]) -> None:
    block = NON_LOCAL[name]()
    assert isinstance(block, NonLocalBlock)
    assert tuple(conv.in_channels for conv in (block.conv1, block.conv2, block.conv3)) == inputs
    frames = torch.rand(1, 5, 4, 4)
    seen: list[torch.Tensor] = []
    for layer in (block.conv1, block.conv2, block.conv3):
        layer.register_forward_hook(lambda _module, given, _output: seen.append(given[0]))
    block(frames)
    for given in seen:
        count = given.shape[1]
        assert torch.equal(given, frames[:, 2 - count // 2 : 3 + count // 2])


def test_the_original_non_local_operation_is_its_equation() -> None:
    torch.manual_seed(0)
    block = OriginalNonLocal()
    frames = torch.rand(1, 5, 4, 6)
    with torch.no_grad():
        x = block.stacked(frames)
        query = block.theta(x)[0].flatten(1)
        key, value = (nn.functional.max_pool2d(layer(x), 2)[0].flatten(1) for layer in (block.phi, block.g))
        mixed = value @ (query.T @ key).softmax(1).T
        expected = x + block.back(mixed.view(1, -1, 4, 6))
        torch.testing.assert_close(block(frames), expected, rtol=0, atol=SAME_FORMULA)
        assert (expected - x).abs().max() > 0


def test_the_scale_recurrent_network_runs_from_coarse_to_fine() -> None:
    network = RVD(1, non_local="SR Non").eval()
    sizes: list[int] = []
    network.non_local.register_forward_hook(lambda _module, given, _output: sizes.append(given[0].shape[3]))
    with torch.no_grad():
        network(torch.rand(1, 5, 32, 64))
    assert sizes == [16, 32, 64]


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: DTB(model="RNN"), "DTB: model must be CNN, STRCNN or STRCNN+DTB, not RNN"),
        (lambda: DTB(frames=4), "DTB: frames must be 3, 5 or 7, not 4"),
        (lambda: DBLRNet(frames=1), "DBLRNet: frames must be an odd number from 3 to 11, not 1"),
        (lambda: DBLRNet(frames=13, volumetric=False), "DBLRNet: frames must be an odd number from 1 to 11, not 13"),
        (lambda: RVD(blocks=0), "RVD: blocks must be at least 1, not 0"),
        (lambda: RVD(non_local="Non-3"), "RVD: non_local must be one of RVD, Non-1, .*, not Non-3"),
    ],
)
def test_an_unknown_switch_is_refused(build: Callable[[], Network], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence.replace("+", r"\+")):
        build()
