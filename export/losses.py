"""What a network loses in other precisions: ``python -m export.losses FILE --photos ARCHIVE``.

Measures on held-back training samples, along clips with the state carried, how many dB of PSNR against the sharp frames
are lost against fp32, and notes it in the contract of FILE, an fp32 one: the precision ``auto`` goes by it. As in
training.loop.validation no frame counts beyond 50 dB, where no error is seen: of 16 clips a plain one, which fell from
56.6 to 52.6 dB, made two thirds of the mean.

- ``int8``: the file NAME.int8.onnx beside it, in OpenVINO on this machine's CPU.
- ``bf16``: in PyTorch, with the weights of convolutions, what goes in and comes out of them, and residual sums rounded
  to bfloat16, and sums of products in float32: what OpenVINO does on CPUs that have it, measured on any.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy
import onnx
import openvino
import torch
from torch import Tensor, nn

from export import ExportError
from export.calibration import measured_clips
from export.restore import restore
from training.data.pictures import DataError
from training.loop.validation import NOT_SEEN, psnr
from training.losses import to_network
from training.networks import Network
from training.networks.base import ResidualBlock
from vsdeblur.contract import FRAMES, FRAMES_OUT, Contract, ContractError, State
from vsdeblur.ffmpeg.cache import write_whole

__all__ = ["losses"]

Step = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
"""One run: frames (1, T*C, H, W) and states to the output and the next states."""

_DIGITS = 3


def losses(network: Network, int8: Path | None, archive: Path, count: int) -> dict[str, float]:
    """dB by precision, for those that can be measured; above 0 is a loss. Raises DataError without photographs."""
    clips = list(measured_clips(network, archive, count))
    steps: dict[str, Step] = {"bf16": _bfloat16(network)}
    if int8 is not None:
        steps["int8"] = _in_openvino(int8, network.states, clips[0][0].shape[-2:])
    exact = _quality(network, _plain(network), clips)
    return {name: round(exact - _quality(network, step, clips), _DIGITS) + 0.0 for name, step in steps.items()}


@torch.no_grad()
def _quality(network: Network, step: Step, clips: list[tuple[Tensor, Tensor]]) -> float:
    """Mean PSNR over all clips' frames, dB, each at most NOT_SEEN, of the middle one of the network's pictures."""
    before, after = network.window
    values = []
    for blurred, sharp in clips:
        given, wanted = to_network(blurred, network), to_network(sharp, network)
        states = network.initial_states(given[:, 0])
        for n in range(before, given.shape[1] - after):
            window = given[:, n - before : n + after + 1].flatten(1, 2)
            output, *carried = step(window, states)
            states = tuple(carried)
            channels = given.shape[2]
            first = (output.shape[1] // channels // 2) * channels
            values.append(psnr(output[:, first : first + channels].clamp(0, 1), wanted[:, n]).clamp(max=NOT_SEEN))
    return float(torch.cat(values).mean())


def _plain(network: Network) -> Step:
    return lambda frames, states: network(frames, *states)


def _bfloat16(network: Network) -> Step:
    modules = list(network.modules())
    layers = [module for module in modules if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d)]
    blocks = [module for module in modules if isinstance(module, ResidualBlock)]
    exact = [layer.weight.data for layer in layers]

    def run(frames: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        hooks = [layer.register_forward_pre_hook(lambda _, given: (_round(given[0]),)) for layer in layers]
        hooks += [module.register_forward_hook(lambda *given: _round(given[-1])) for module in (*layers, *blocks)]
        try:
            for layer, weight in zip(layers, exact, strict=True):
                layer.weight.data = _round(weight)
            output: tuple[Tensor, ...] = network(frames, *states)
            return output
        finally:
            for layer, weight in zip(layers, exact, strict=True):
                layer.weight.data = weight
            for hook in hooks:
                hook.remove()

    return run


def _round(values: Tensor) -> Tensor:
    return values.bfloat16().float()


def _in_openvino(file: Path, states: Sequence[State], size: Sequence[int]) -> Step:
    core = openvino.Core()
    model = core.read_model(file)
    shapes = {}
    for port in model.inputs:
        name, channels = port.get_any_name(), port.partial_shape[1].get_length()
        scale = next((state.scale for state in states if state.input == name), 1)
        shapes[name] = [1, channels, *(int(side * scale) for side in size)]
    model.reshape(shapes)
    request = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()

    def run(frames: Tensor, carried: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        feeds = {FRAMES: frames.numpy()} | {s.input: v.numpy() for s, v in zip(states, carried, strict=True)}
        request.infer(feeds)
        names = [FRAMES_OUT, *(state.output for state in states)]
        return tuple(torch.from_numpy(numpy.array(request.get_tensor(name).data)) for name in names)

    return run


def note(model: bytes, measured: dict[str, float]) -> bytes:
    """The file with these losses in its contract."""
    proto = onnx.load_from_string(model)
    contract = Contract.from_metadata({item.key: item.value for item in proto.metadata_props})
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, replace(contract, losses=measured).to_metadata())
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export.losses", description="Losses by precision, into a file.")
    parser.add_argument("file", type=Path, help="an fp32 file of python -m export; NAME.int8.onnx beside it counts too")
    parser.add_argument("--photos", type=Path, required=True, metavar="ARCHIVE", help="of training.pack")
    parser.add_argument("--clips", type=int, default=16, metavar="N", help="how many to measure on; %(default)s")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one sentence on stderr."""
    arguments = _parser().parse_args(argv)
    file: Path = arguments.file
    try:
        model = file.read_bytes()
        _, network = restore(model, str(file))
        int8 = file.with_suffix(".int8.onnx")
        measured = losses(network, int8 if int8.exists() else None, arguments.photos, arguments.clips)
        write_whole(file, note(model, measured))
    except (ExportError, ContractError, DataError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    print(f"{file}: " + ", ".join(f"{name} loses {value:.3f} dB" for name, value in measured.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
