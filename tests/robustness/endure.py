"""What the endurance tests let a process of its own do: ``python -m tests.robustness.endure TASK ARGUMENTS...``.

``frames NAME PROVIDER COUNT``: COUNT small frames through a filter; a line of JSON, the resident bytes at 200 moments.
``filters COUNT``: every filter made, asked for a frame and freed COUNT times; the resident bytes, threads and open
files after each round.
``core COUNT``: COUNT cores that are freed while their frames are on the way; the number of cores.
``answer NAME``: the digest of a few frames.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import vapoursynth as vs

from tests.plugin.clips import drift
from tests.robustness.resident import resident

FUNCTIONS = ("RUNet", "DTB", "DBLRNet", "DBLRGAN", "RVD", "SharpSequence")
SIZE = (16, 16)


def _long(count: int) -> vs.VideoNode:
    """A small clip of ``count`` frames, which VapourSynth's cache holds."""
    short = drift(*SIZE, 50)
    return short.std.Loop(-(-count // short.num_frames))[:count]


def frames(name: str, provider: str, count: str) -> list[int]:
    samples = []
    every = max(1, int(count) // 200)
    answers = getattr(vs.core.vsdeblur, name)(_long(int(count)), provider=provider)
    for n, _frame in enumerate(answers.frames(prefetch=4, close=True)):
        if n % every == 0:
            samples.append(resident())
    return samples


def filters(count: str) -> list[dict[str, int]]:
    rounds = []
    clip = drift(*SIZE, 6)
    for _ in range(int(count)):
        for name in FUNCTIONS:
            getattr(vs.core.vsdeblur, name)(clip).get_frame(2).close()
        gc.collect()
        tasks, files = (len(os.listdir(f"/proc/self/{kind}")) for kind in ("task", "fd"))
        rounds.append({"resident": resident(), "threads": tasks, "files": files})
    return rounds


class Policy(vs.EnvironmentPolicy):  # type: ignore[misc]
    """Lets one thread make a core and free it again."""

    def __init__(self) -> None:
        self.current: Any = None

    def on_policy_registered(self, special_api: Any) -> None:
        self.api = special_api

    def on_policy_cleared(self) -> None:
        self.current = None

    def get_current_environment(self) -> Any:
        return self.current

    def set_environment(self, environment: Any) -> Any:
        previous, self.current = self.current, environment
        return previous


def core(count: str) -> int:
    policy = Policy()
    vs.register_policy(policy)
    came = threading.Semaphore(0)
    total = 0

    for n in range(int(count)):
        environment = policy.api.create_environment()
        policy.set_environment(environment)
        clip = vs.core.std.BlankClip(None, *SIZE, vs.YUV420P8, 40)
        out = getattr(vs.core.vsdeblur, FUNCTIONS[n % len(FUNCTIONS)])(clip, num_streams=2)
        futures = [out.get_frame_async(k) for k in range(20)]
        for future in futures:
            future.add_done_callback(lambda _future: came.release())
        assert came.acquire(timeout=60), "no frame came"
        total += 1
        policy.api.destroy_environment(environment)
        del clip, out, futures, future
        gc.collect()
        policy.set_environment(None)
    return total


def answer(name: str) -> str:
    digest = hashlib.sha256()
    made = getattr(vs.core.vsdeblur, name)(drift(*SIZE, 24), provider="ONNXRuntime")
    for frame in made.frames(close=True):
        for plane in frame:
            digest.update(bytes(plane))
    return digest.hexdigest()


TASKS: dict[str, Callable[..., Any]] = {"frames": frames, "filters": filters, "core": core, "answer": answer}

if __name__ == "__main__":
    os.environ.setdefault("VSDEBLUR_WEIGHTS", str(Path(os.environ["VSDEBLUR_TEST_MODELS"]).resolve()))
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])), flush=True)
