// Frames of what was dropped: pictures in the order of the numbers in their names, or one video.

const MANY = "drop pictures of one size, or one video";

const isPicture = file => file.type.startsWith("image/");

/** Width and height that keep the shape and have at most `side` pixels each way. */
export function fitted(width, height, side) {
  const scale = Math.min(1, side / Math.max(width, height));
  return [width, height].map(size => Math.max(1, Math.round(size * scale)));
}

/** Draws frames of one size, and reads them back as 8 bits of R, G, B. */
class Reader {
  constructor(side) {
    this.side = side;
  }

  open(width, height) {
    this.original = [width, height];
    const [w, h] = fitted(width, height, this.side);
    this.canvas = new OffscreenCanvas(w, h);
    this.context = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    this.context.imageSmoothingQuality = "high";
  }

  /** What `draw(context, width, height)` draws, as ImageData. */
  read(draw) {
    const { width, height } = this.canvas;
    this.context.clearRect(0, 0, width, height);
    draw(this.context, width, height);
    return this.context.getImageData(0, 0, width, height);
  }
}

async function* pictures(files, reader) {
  for (const file of files) {
    const bitmap = await createImageBitmap(file).catch(() => {
      throw new Error(`${file.name} is not a picture that this browser reads`);
    });
    const { width, height } = bitmap;
    if (!reader.original) reader.open(width, height);
    if (width !== reader.original[0] || height !== reader.original[1])
      throw new Error(`${MANY}: ${file.name} has ${width}x${height} pixels, the first ${reader.original.join("x")}`);
    const frame = reader.read((context, w, h) => context.drawImage(bitmap, 0, 0, w, h));
    bitmap.close();
    yield frame;
  }
}

async function* video(file, reader) {
  if (!("VideoDecoder" in self)) throw new Error("this browser gives pages no video decoder here; drop pictures instead");
  const { ALL_FORMATS, BlobSource, Input, VideoSampleSink } = await import("./mediabunny/mediabunny.min.mjs");
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(file) });
  const track = await input.getPrimaryVideoTrack().catch(() => null);
  if (!track) throw new Error(`${file.name} is neither a picture nor a video that this page reads`);
  if (!(await track.canDecode())) throw new Error(`this browser cannot decode ${file.name}: ${await track.getCodec()}`);
  for await (const sample of new VideoSampleSink(track).samples()) {
    if (!reader.original) reader.open(sample.displayWidth, sample.displayHeight);
    const frame = reader.read((context, w, h) => sample.draw(context, 0, 0, w, h));
    sample.close();
    yield frame;
  }
}

/**
 * The files' frames, at most `most`: {names, reader, frames}. names: a frame's file name without ending, by its number; frames: an
 * async iterable of ImageData, of which no side has more than `side` pixels; reader.original: the size before that, once the first
 * frame is there.
 */
export function opened(files, side, most) {
  const reader = new Reader(side);
  const sorted = [...files].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const stem = file => file.name.replace(/\.[^.]*$/, "");
  if (sorted.length > 0 && sorted.every(isPicture)) {
    const taken = sorted.slice(0, most);
    return { names: number => stem(taken[number]), reader, frames: pictures(taken, reader) };
  }
  if (sorted.length !== 1) throw new Error(MANY);
  const names = number => `${stem(sorted[0])}-${String(number + 1).padStart(5, "0")}`;
  return { names, reader, frames: first(video(sorted[0], reader), most) };
}

async function* first(frames, most) {
  let count = 0;
  for await (const frame of frames) {
    yield frame;
    if (++count === most) return;
  }
}
