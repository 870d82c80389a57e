"""Command line: ``python -m export NAME --checkpoint C --out F``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch

from export import ExportError
from export.calibration import calibration_clips
from export.checkpoint import CheckpointInfo, load_checkpoint, parse_metrics
from export.onnx_export import export_network
from export.parity import MAX_DIFFERENCE, largest_difference, parity_sizes
from export.quantise import quantise
from export.restore import restore
from export.storage import MIN_PSNR, agreement, store_half
from training.data.pictures import DataError
from training.networks import NETWORKS, Network
from vsdeblur.contract import UNTRAINED, Contract, ContractError
from vsdeblur.ffmpeg.cache import write_whole
from vsdeblur.ffmpeg.tall import refusal, tall_model


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export", description="Export a network to ONNX with the contract.")
    parser.add_argument("name", choices=sorted(NETWORKS), help="the network")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="C",
        help="safetensors file of training.train, or a file of this command",
    )
    parser.add_argument("--out", type=Path, metavar="F", required=True, help="the .onnx file to write")
    parser.add_argument(
        "--untrained",
        action="store_true",
        help="mark the file as untrained, which hosts refuse by name; without --checkpoint: the initial weights",
    )
    parser.add_argument("--trained-on", metavar="TEXT", help="training data; default: what the checkpoint says")
    parser.add_argument("--metrics", metavar="JSON", help='such as {"psnr_gain_db": 1.1}; default: the checkpoint\'s')
    parser.add_argument("--half", action="store_true", help="store the weights in float16, which halves the file")
    parser.add_argument(
        "--int8", action="store_true", help="compute in eight-bit integers (export.quantise), with ranges from --photos"
    )
    parser.add_argument("--photos", type=Path, metavar="ARCHIVE", help="photographs of training.pack")
    parser.add_argument(
        "--tall",
        action="store_true",
        help="write the form for stock FFmpeg (vsdeblur.ffmpeg.tall), which is no contract file",
    )
    parser.add_argument(
        "--license", metavar="TEXT", help="licence of the weights; default: that of an .onnx file, else unspecified"
    )
    return parser


def export(arguments: argparse.Namespace) -> str:
    """Write the file and return one line about it. Raises ExportError or ContractError; nothing is written then."""
    if arguments.checkpoint is None and not arguments.untrained:
        raise ExportError("no --checkpoint given: add one, or --untrained for the initial weights")
    if arguments.untrained and arguments.trained_on is not None:
        raise ExportError("--untrained and --trained-on exclude each other")
    if arguments.int8 and (arguments.half or arguments.tall):
        raise ExportError("--int8 excludes --half and --tall")
    if arguments.int8 != (arguments.photos is not None):
        raise ExportError("--int8 and --photos go together")
    if not arguments.out.parent.is_dir():
        raise ExportError(f"{arguments.out}: no such folder")
    torch.manual_seed(0)
    network = NETWORKS[arguments.name]().eval()
    if arguments.tall and (reason := refusal(network)):
        raise ExportError(f"{arguments.name} {reason}, so it has no form for stock FFmpeg")
    info = CheckpointInfo(UNTRAINED, {})
    if arguments.checkpoint is not None and arguments.checkpoint.suffix == ".onnx":
        network, info = _restored(arguments.name, arguments.checkpoint)
    elif arguments.checkpoint is not None:
        info = load_checkpoint(network, arguments.name, arguments.checkpoint)
    metrics = info.metrics if arguments.metrics is None else parse_metrics(arguments.metrics, "--metrics")
    trained_on = UNTRAINED if arguments.untrained else arguments.trained_on or info.trained_on
    license = info.license if arguments.license is None else arguments.license
    model = export_network(network, arguments.name, trained_on=trained_on, license=license, metrics=metrics)
    worst = max(largest_difference(network, model, height, width) for height, width in parity_sizes(network))
    if not worst <= MAX_DIFFERENCE:
        raise ExportError(
            f"{arguments.name}: the file differs from the network by {worst:.2g}, allowed {MAX_DIFFERENCE}"
        )
    if arguments.half:
        model = _halved(network, model)
    if arguments.tall:
        model = _tall(model)
    if arguments.int8:
        model = quantise(model, calibration_clips(network, arguments.photos))
    write_whole(arguments.out, model)
    before = " before it went to eight bits" if arguments.int8 else ""
    what = f"{arguments.out}: {arguments.name}, {len(model)} bytes"
    return f"{what}, differed from PyTorch by at most {worst:.1e}{before}"


def _restored(name: str, file: Path) -> tuple[Network, CheckpointInfo]:
    try:
        contract, network = restore(file.read_bytes(), str(file))
    except OSError as error:
        raise ExportError(f"{file}: {error.strerror}") from error
    # DBLRGAN has DBLRNet's graph: the name in the file counts.
    if contract.name != name:
        raise ExportError(f"{file} holds {contract.name}, not {name}")
    return network, CheckpointInfo(contract.trained_on, dict(contract.metrics), contract.license)


def _halved(network: Network, model: bytes) -> bytes:
    half = store_half(model)
    worst = min(agreement(network, model, half, height, width) for height, width in parity_sizes(network))
    if not worst >= MIN_PSNR:
        raise ExportError(f"float16 weights change the output to {worst:.0f} dB, and {MIN_PSNR:.0f} dB is allowed")
    return half


def _tall(model: bytes) -> bytes:
    metadata = {item.key: item.value for item in onnx.load_from_string(model).metadata_props}
    return tall_model(model, Contract.from_metadata(metadata))


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 2 with one sentence on stderr."""
    arguments = _parser().parse_args(argv)
    try:
        print(export(arguments))
    except (ExportError, ContractError, DataError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
