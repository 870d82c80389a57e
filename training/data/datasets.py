"""Where published sets of blurred and sharp video keep their pictures; training.data.pairs reads them by this table.

- gopro: Nah et al. 2017, GOPRO_Large, `[train|test/]CLIP/{blur,sharp}/*.png`. Also what this repository writes. The set
  holds two blurred versions: `blur` is averaged as encoded, `blur_gamma` in light, by a gamma of 2.2. The first is what
  papers report on; the second is layout gopro_gamma, which is taken only by name.
- dvd: Su et al. 2017, DeepVideoDeblurring ("VideoDeblurring" in the DBLRNet and RVD papers),
  `[quantitative_datasets/]CLIP/{input,GT}/*.jpg`. The set's qualitative half has no sharp side and cannot be measured.
- bsd: Zhong et al. 2020, `[BSD_3ms24ms/][train|valid|test/]CLIP/{Blur,Sharp}/RGB/*.png`, one folder an exposure.
- kitti: Blurred KITTI of Pan et al. 2017, 199 scenes of KITTI stereo 2015 with three frames from each of two cameras
  (DBLRNet paper, section IV-A). Its public page names `blur image` and `clean image`, each with `image_2` (left camera)
  and `image_3` (right), and no more; that the files in them are named as KITTI names them, `SCENE_FRAME.png`
  (000007_10.png), is assumed. A clip is one scene of one camera.

Folders in square brackets may be there or not, so a set may be read whole or a part at a time. Pictures may be PNG or
JPEG whichever the set was published in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.data.pictures import SUFFIXES, DataError


class PairError(DataError):
    """A folder of pairs that cannot be used; the message names the folder or file."""


@dataclass(frozen=True)
class Layout:
    """One way to keep pairs.

    `above` are patterns of what may lie between the root and its clips. `blurred` and `sharp` are folders of a clip.
    With `scenes`, a folder holds several clips, told apart by the file names up to the first underscore.
    """

    blurred: str
    sharp: str
    above: tuple[str, ...] = ()
    scenes: bool = False
    by_name_only: bool = False

    def folders(self, root: Path) -> Iterator[tuple[str, Path, Path]]:
        """Name, blurred and sharp folder of every place under `root` that has at least one of the two folders."""
        if self.scenes:
            cameras = {path.name for side in (self.blurred, self.sharp) for path in root.glob(f"{side}/image_[0-9]")}
            for camera in sorted(cameras):
                yield camera, root / self.blurred / camera, root / self.sharp / camera
            return
        for above in ("", *self.above):
            for clip in sorted(root.glob(f"{above}*")):
                blurred, sharp = clip / self.blurred, clip / self.sharp
                if not clip.name.startswith(".") and (blurred.is_dir() or sharp.is_dir()):
                    yield "_".join(clip.relative_to(root).parts), blurred, sharp

    def files(self, folder: Path) -> list[str]:
        """Names of the pictures in a folder, in order of time; none when there is no folder."""
        return sorted(path.name for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)


LAYOUTS = {
    "gopro": Layout("blur", "sharp", ("train/", "test/")),
    "gopro_gamma": Layout("blur_gamma", "sharp", ("train/", "test/"), by_name_only=True),
    "dvd": Layout("input", "GT", ("quantitative_datasets/",)),
    "bsd": Layout(
        "Blur/RGB", "Sharp/RGB", tuple(f"{s}{p}/" for s in ("", "BSD_*/") for p in ("train", "valid", "test"))
    ),
    "kitti": Layout("blur image", "clean image", scenes=True),
}


def layout_of(folder: Path) -> Layout:
    """The layout that `folder` is in. Raises PairError when it is in none, or in several."""
    if not folder.is_dir():
        raise PairError(f"{folder} is not a folder")
    found = [name for name, layout in LAYOUTS.items() if not layout.by_name_only and next(layout.folders(folder), None)]
    if len(found) == 1:
        return LAYOUTS[found[0]]
    if found:
        raise PairError(f"{folder} holds clips in the layouts {' and '.join(found)}; say which to read")
    known = "; ".join(f"{name}: {layout.blurred} and {layout.sharp}" for name, layout in LAYOUTS.items())
    raise PairError(f"{folder} holds no clips; a clip is a folder with two folders in it ({known})")
