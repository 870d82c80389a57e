// Runs a network over a clip as vsdeblur's engine does: windows mirrored at the clip's ends, states from zero on and carried,
// sizes padded by reflection, answers rounded to 8 bits. Unlike there, the clip is one segment and one scene.

/** Frame n mirrored into first..last about the outer frames, which are not repeated. */
function mirror(n, first, last) {
  if (first === last) return first;
  while (n < first || n > last) n = n < first ? 2 * first - n : 2 * last - n;
  return n;
}

/** The frames that the run of frame `centre` reads, of a clip of `length` frames. */
export function windowOf(centre, before, after, length) {
  const reach = Math.max(before, after);
  const first = Math.max(0, centre - reach);
  const last = Math.min(length - 1, centre + reach);
  return Array.from({ length: before + 1 + after }, (_, k) => mirror(centre - before + k, first, last));
}

/** For each position of an axis of `size` pixels padded to `multiple`, the pixel that is shown there. */
function reflected(size, multiple) {
  const padded = Math.ceil(size / multiple) * multiple;
  return Array.from({ length: padded }, (_, position) => {
    if (size === 1) return 0;
    const within = position % (2 * size - 2);
    return within < size ? within : 2 * size - 2 - within;
  });
}

/** R, G and B of an ImageData, each a Float32Array of 0 to 1 that is rows.length times columns.length. */
function planesOf({ data, width }, rows, columns) {
  return [0, 1, 2].map(channel => {
    const plane = new Float32Array(rows.length * columns.length);
    let at = 0;
    for (const y of rows) for (const x of columns) plane[at++] = data[4 * (y * width + x) + channel] / 255;
    return plane;
  });
}

function joined(planes) {
  const all = new Float32Array(planes.length * planes[0].length);
  planes.forEach((plane, k) => all.set(plane, k * plane.length));
  return all;
}

/** A copy of the ImageData whose channels first..first + count - 1 are what `planes` has at the same place. */
function write(picture, values, first, count, stride) {
  const { data, width, height } = picture;
  for (let channel = 0; channel < count; ++channel) {
    const plane = channel * stride.plane;
    for (let y = 0; y < height; ++y)
      for (let x = 0; x < width; ++x) {
        const value = values[plane + y * stride.row + x];
        // A Uint8ClampedArray clamps, and rounds to the nearest, ties to even. Where a network gives NaN, nothing changes.
        if (value === value) data[4 * (y * width + x) + first + channel] = 255 * value;
      }
  }
}

/** The network of one clip's size, and its states. */
class Network {
  constructor(contract, run, width, height) {
    this.contract = contract;
    this.run = run;
    this.rows = reflected(height, contract.multiple);
    this.columns = reflected(width, contract.multiple);
    // A network of luma takes R, G and B one after the other.
    this.groups = contract.channels === 3 ? [[0, 1, 2]] : [[0], [1], [2]];
    this.states = this.groups.map(() => Object.fromEntries(contract.states.map(state => [state.input, this.zeros(state)])));
  }

  zeros({ channels, scale }) {
    const shape = [1, channels, this.rows.length * scale, this.columns.length * scale];
    return { data: new Float32Array(shape[1] * shape[2] * shape[3]), shape };
  }

  /** The answers, ImageData, to a window of planes around the ImageData `centre`. */
  async answer(window, centre) {
    const { given, channels, states } = this.contract;
    const [height, width] = [this.rows.length, this.columns.length];
    const stride = { row: width, plane: width * height };
    const pictures = given.map(() => new ImageData(new Uint8ClampedArray(centre.data), centre.width, centre.height));
    for (const [g, group] of this.groups.entries()) {
      const frames = {
        data: joined(window.flatMap(planes => group.map(channel => planes[channel]))),
        shape: [1, window.length * channels, height, width],
      };
      const results = await this.run({ frames, ...this.states[g] });
      this.states[g] = Object.fromEntries(states.map(state => [state.input, results[state.output]]));
      given.forEach((k, i) => {
        const first = k * channels * stride.plane;
        write(pictures[i], results.frames_out.data.subarray(first, first + channels * stride.plane), group[0], channels, stride);
      });
    }
    return pictures;
  }
}

/**
 * Deblurs a clip: yields {number, centre, pictures} a frame, in order; pictures are one ImageData, or one an instant.
 *
 * frames: an async iterable of ImageData of one size. contract: readContract's. run: takes and gives tensors by name, each
 * {data: Float32Array, shape}; it is called for one frame after the other. Keeps as many frames as a window reaches over.
 */
export async function* deblur(frames, contract, run) {
  const { before, after } = contract;
  const reach = Math.max(before, after);
  const source = frames[Symbol.asyncIterator]();
  const held = new Map();
  let count = 0;
  let hasEnded = false;
  let network;
  for (let number = 0; ; ++number) {
    while (!hasEnded && count <= number + reach) {
      const { value, done } = await source.next();
      if (done) {
        hasEnded = true;
        break;
      }
      network ??= new Network(contract, run, value.width, value.height);
      held.set(count++, { picture: value, planes: planesOf(value, network.rows, network.columns) });
    }
    if (number >= count) return;
    const window = windowOf(number, before, after, hasEnded ? count : Infinity);
    const centre = held.get(number).picture;
    yield { number, centre, pictures: await network.answer(window.map(n => held.get(n).planes), centre) };
    held.delete(number - reach);
  }
}
