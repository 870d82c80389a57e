"""RVD: one recursive block used T times, table I, and the recurrent cells against their equations."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.random_weights import awake_network
from tests.tolerances import SAME_FORMULA, SAME_GRADIENT
from training.networks.rvd import KERNEL_NORM, RVD, CNNs, ConvGRU, ConvLSTM


def test_parameters_do_not_depend_on_t() -> None:
    names = [list(RVD(iterations=t).state_dict()) for t in (1, 4)]
    assert names[0] == names[1]
    assert sum(p.numel() for p in RVD(1).parameters()) == sum(p.numel() for p in RVD(4).parameters())


@pytest.mark.parametrize("iterations", [1, 2, 4])
def test_the_block_runs_t_times_on_its_own_output(iterations: int) -> None:
    network = RVD(iterations).eval()
    inputs: list[torch.Tensor] = []
    outputs: list[torch.Tensor] = []

    def record(_module: nn.Module, given: tuple[torch.Tensor], made: torch.Tensor) -> None:
        inputs.append(given[0])
        outputs.append(made)

    network.recursive.register_forward_hook(record)
    with torch.no_grad():
        network(torch.rand(1, 5, 16, 16))
    assert len(outputs) == iterations
    assert all(given is made for given, made in zip(inputs[1:], outputs[:-1], strict=True))


def test_before_training_a_pass_hands_on_what_it_gets() -> None:
    torch.manual_seed(0)
    network = RVD().eval()
    features = torch.rand(1, 32, 16, 16) * 0.5
    with torch.no_grad():
        passed = network.recursive(features)
    alike = torch.corrcoef(torch.stack([features.flatten(), passed.flatten()]))[0, 1]
    assert alike > 0.7


def test_frozen_cnns_with_nothing_in_their_last_layer_are_not_run_in_training() -> None:
    """They are run by an export, and as soon as they learn; the result is the same."""
    torch.manual_seed(0)
    network = CNNs()
    network.layers[13].get_parameter("weight").data.zero_()
    network.layers[13].get_parameter("bias").data.zero_()
    x = torch.randn(1, 32, 8, 8)
    runs: list[None] = []
    network.layers[0].register_forward_hook(lambda *_: runs.append(None))
    results = []
    for training, frozen, expected in ((True, True, 0), (False, True, 1), (True, False, 2)):
        network.train(training).requires_grad_(not frozen)
        results.append(network(x))
        assert len(runs) == expected
    assert all(torch.equal(result, results[0]) for result in results)
    assert results[0].shape == (1, 64, 8, 8)


@pytest.mark.parametrize(("iterations", "blocks"), [(4, 1), (1, 1), (2, 2)])
def test_without_silent_cnns_the_result_and_all_but_them_stay(iterations: int, blocks: int) -> None:
    torch.manual_seed(0)
    network = RVD(iterations, blocks=blocks).eval()
    nn.init.normal_(network.conv4.weight, std=0.1)
    pruned = copy.deepcopy(network)
    pruned.prune_()
    assert {key for key in network.state_dict() if ".cnns." not in key} == pruned.state_dict().keys()
    frames = torch.rand(1, 5, 16, 24)
    with torch.no_grad():
        torch.testing.assert_close(pruned(frames)[0], network(frames)[0], rtol=0, atol=SAME_FORMULA)


@pytest.mark.parametrize("layer", ["weight", "bias"])
def test_cnns_that_say_anything_stay(layer: str) -> None:
    network = RVD()
    nn.init.constant_(network.get_parameter(f"recursive.cnns.layers.13.{layer}")[:1], 1e-6)
    before = network.receptive_field
    network.prune_()
    assert "recursive.cnns.layers.0.weight" in network.state_dict()
    assert network.receptive_field == before


def test_the_finest_details_reach_the_output_by_the_lateral_convolution_alone() -> None:
    """A checkerboard is one value at half size, so all that is made there changes every pixel alike."""
    torch.manual_seed(0)
    network = RVD(1).eval().double()
    nn.init.normal_(network.conv4.weight, std=0.1)
    network.prune_()
    board = torch.ones(80, 80, dtype=torch.float64)
    board[::2, ::2] = board[1::2, 1::2] = -1
    frames = (0.5 + 0.1 * board).expand(1, 5, 80, 80)

    def change() -> torch.Tensor:
        with torch.no_grad():
            return ((network(frames)[0] - frames) * board)[..., 38:42, 38:42].mean((-1, -2))

    torch.testing.assert_close(change(), torch.zeros(1, 5, dtype=torch.float64), rtol=0, atol=SAME_FORMULA)
    nn.init.normal_(network.lateral.weight, std=0.1)
    assert change().abs().min() > SAME_FORMULA


@pytest.mark.parametrize(("iterations", "blocks"), [(4, 1), (1, 1), (2, 2)])
def test_without_cnns_the_receptive_field_is_exact(iterations: int, blocks: int) -> None:
    torch.manual_seed(0)
    network = RVD(iterations, blocks=blocks).eval().double()
    nn.init.normal_(network.conv4.weight, std=0.1)
    network.prune_()
    reach, centre = network.receptive_field // 2, 64
    frames = torch.rand(1, 5, 16, 2 * centre, dtype=torch.float64)

    def moves(distance: int, phase: int) -> bool:
        """Whether the output at a pixel depends on those so many columns away."""
        other = frames.clone()
        other[..., [centre + phase - distance, centre + phase + distance]] = 0
        with torch.no_grad():
            before, after = (network(given)[0][..., centre + phase] for given in (frames, other))
        return not torch.equal(before, after)

    assert not any(moves(distance, phase) for distance in (reach + 1, reach + 2, reach + 3) for phase in (0, 1))
    assert any(moves(reach, phase) for phase in (0, 1))


def test_kernels_of_the_cnns_are_put_back_centred_and_at_one_norm() -> None:
    network = RVD(blocks=2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    before = copy.deepcopy(network.state_dict())
    network.constrain_()
    for name, weight in network.state_dict().items():
        if ".cnns.layers." in name and name.endswith("weight") and "layers.13" not in name:
            kernels = weight.flatten(1)
            torch.testing.assert_close(kernels.norm(dim=1), torch.full((len(kernels),), KERNEL_NORM))
            torch.testing.assert_close(kernels.mean(1), torch.zeros(len(kernels)), rtol=0, atol=SAME_FORMULA)
        else:
            assert torch.equal(weight, before[name]), name


def test_shared_weights_get_the_sum_of_the_gradients_of_all_iterations() -> None:
    torch.manual_seed(0)
    shared = awake_network("RVD").double()
    assert isinstance(shared, RVD)
    shared.iterations = 2
    frames = torch.rand(1, 5, 16, 16, dtype=torch.float64)
    shared(frames)[0].square().sum().backward()

    class Unrolled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.steps = nn.ModuleList(copy.deepcopy(shared.recursive) for _ in range(2))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for step in self.steps:
                x = step(x)
            return x

    unrolled = copy.deepcopy(shared)
    unrolled.zero_grad()
    unrolled.iterations = 1
    steps = Unrolled()
    steps.zero_grad()
    unrolled.recursive = steps  # type: ignore[assignment]
    unrolled(frames)[0].square().sum().backward()
    for key, parameter in shared.recursive.named_parameters():
        first, second = (dict(step.named_parameters())[key].grad for step in steps.steps)
        assert first is not None and second is not None and parameter.grad is not None
        assert first.abs().max() > 0 and second.abs().max() > 0, key
        largest = parameter.grad.abs().max().item()
        torch.testing.assert_close(parameter.grad, first + second, rtol=0, atol=SAME_GRADIENT * largest)


def test_iterations_below_1_are_refused() -> None:
    with pytest.raises(ValueError, match="RVD: iterations must be at least 1, not 0"):
        RVD(0)


def test_cnns_are_table_1() -> None:
    network = CNNs()
    assert [layer.out_channels for layer in network.layers] == [
        *(64, 64, 128, 128, 256, 256, 256, 512, 512, 256, 128, 128, 64, 64)
    ]
    sizes: list[int] = []
    for layer in network.layers:
        layer.register_forward_hook(lambda _module, _inputs, output: sizes.append(output.shape[3]))
    with torch.no_grad():
        out = network(torch.randn(1, 32, 8, 32))
    assert sizes == [32, 32, 32, 16, 16, 8, 8, 8, 8, 8, 8, 16, 16, 32]
    assert out.shape == (1, 64, 8, 32)
    assert out.abs().max() <= 1


@pytest.mark.parametrize(("source", "target"), [(6, 11), (4, 13)])
def test_skips_of_table_1(source: int, target: int) -> None:
    """The input of the target layer holds the source's output, added."""
    torch.manual_seed(0)
    network = CNNs()
    seen: dict[int, torch.Tensor] = {}
    for number in (source, target - 1):
        network.layers[number - 1].register_forward_hook(
            lambda _module, _inputs, output, number=number: seen.update({number: torch.relu(output)})
        )
    network.layers[target - 1].register_forward_hook(lambda _module, inputs, _out: seen.update({target: inputs[0]}))
    with torch.no_grad():
        network(torch.randn(1, 32, 8, 8))
    torch.testing.assert_close(seen[target], seen[target - 1] + seen[source], rtol=0, atol=SAME_FORMULA)
    assert seen[source].abs().max() > 0


def test_gru_is_its_equations() -> None:
    torch.manual_seed(0)
    gru = ConvGRU(2)
    x, h = torch.randn(2, 1, 2, 5, 4)
    with torch.no_grad():
        gates = gru.gates(torch.cat([x, h], 1))
        z, r = gates[:, :2].sigmoid(), gates[:, 2:].sigmoid()
        candidate = gru.candidate(torch.cat([x, r * h], 1)).tanh()
        torch.testing.assert_close(gru(x, h), (1 - z) * h + z * candidate, rtol=0, atol=SAME_FORMULA)


def test_lstm_is_its_equations() -> None:
    torch.manual_seed(0)
    lstm = ConvLSTM(2)
    x, h, c = torch.randn(3, 1, 2, 5, 4)
    with torch.no_grad():
        gates = lstm.gates(torch.cat([x, h], 1))
        i, f, o, g = gates[:, 0:2], gates[:, 2:4], gates[:, 4:6], gates[:, 6:8]
        cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
        torch.testing.assert_close(lstm(x, h, c), o.sigmoid() * cell.tanh(), rtol=0, atol=SAME_FORMULA)
