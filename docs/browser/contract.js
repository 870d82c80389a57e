// What an .onnx file says about its network. vsdeblur/contract.py is the specification; this reads what a host needs.

const METADATA = 14; // ModelProto.metadata_props, a list of StringStringEntryProto: 1 is the key, 2 the value

/** Every field of a protocol buffers message: its number, and its payload, which is empty for a number. */
function* fields(bytes) {
  let at = 0;
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      if (at >= bytes.length) throw new Error("this is not an .onnx file: it is cut off");
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    let size = 0;
    if (kind === 0) varint();
    else if (kind === 1) size = 8;
    else if (kind === 2) size = varint();
    else if (kind === 5) size = 4;
    else throw new Error("this is not an .onnx file");
    if (at + size > bytes.length) throw new Error("this is not an .onnx file: it is cut off");
    yield [Math.floor(key / 8), bytes.subarray(at, at + size)];
    at += size;
  }
}

function metadataOf(bytes) {
  const decoder = new TextDecoder();
  const metadata = {};
  for (const [number, payload] of fields(bytes)) {
    if (number !== METADATA) continue;
    const entry = {};
    for (const [part, text] of fields(payload)) entry[part] = decoder.decode(text);
    metadata[entry[1] ?? ""] = entry[2] ?? "";
  }
  return metadata;
}

/**
 * Of a model's bytes, a Uint8Array: name; before and after, neighbouring frames read; channels of a frame, 1 or 3; multiple that
 * height and width divide by; states, each {input, output, channels, scale}; given, which of a run's outputs are answers: all
 * instants of an exposure, or the one that stands for the frame itself.
 */
export function readContract(bytes) {
  const metadata = metadataOf(bytes);
  const value = key => {
    const text = metadata[`vsdeblur.${key}`];
    if (text === undefined) throw new Error(`the model carries no vsdeblur.${key}: it was not made for vsdeblur`);
    return text;
  };
  if (value("contract") !== "1") throw new Error(`the model is of contract version ${value("contract")}; this page reads version 1`);
  const [before, after] = value("window").split(",").map(Number);
  const outputs = value("outputs");
  const instants = /^subframes:(\d+)$/.exec(outputs);
  return {
    name: value("name"),
    before,
    after,
    channels: value("color") === "rgb" ? 3 : 1,
    multiple: Number(value("multiple")),
    states: JSON.parse(value("states")),
    given: instants ? Array.from({ length: Number(instants[1]) }, (_, k) => k) : [outputs.split(",").indexOf("0")],
  };
}
