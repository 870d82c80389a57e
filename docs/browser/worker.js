// Runs networks over clips, beside the page. The page sends {files, model, device, side, most}, one at a time; answers are
// {kind: "begun", original, size}, {kind: "frame", before, after, name, seconds} a picture, {kind: "end"} or
// {kind: "error", message}. model: a URL or a File; device: "webgpu" or "wasm"; before and after: PNGs.

import { readContract } from "./contract.js";
import { deblur } from "./deblur.js";
import { opened } from "./sources.js";

async function bytesOf(model) {
  if (model instanceof Blob) return new Uint8Array(await model.arrayBuffer());
  const answer = await fetch(model);
  if (!answer.ok) throw new Error(`the model cannot be fetched: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** ONNX Runtime's session: run as deblur() wants it, and release. */
async function session(bytes, device) {
  const ort = await import(`./onnxruntime/ort.${device}.min.mjs`);
  ort.env.wasm.wasmPaths = new URL("onnxruntime/", import.meta.url).href;
  ort.env.logLevel = "error";
  const opened = await ort.InferenceSession.create(bytes, { executionProviders: [device] });
  const run = async tensors => {
    const feeds = {};
    for (const [name, { data, shape }] of Object.entries(tensors)) feeds[name] = new ort.Tensor("float32", data, shape);
    const results = await opened.run(feeds);
    return Object.fromEntries(Object.entries(results).map(([name, { data, dims }]) => [name, { data, shape: dims }]));
  };
  return { run, release: () => opened.release() };
}

async function png(picture) {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d", { alpha: false }).putImageData(picture, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

async function work({ files, model, device, side, most }) {
  const { names, reader, frames } = opened(files, side, most);
  const bytes = await bytesOf(model);
  const contract = readContract(bytes);
  const { run, release } = await session(bytes, device);
  let since = performance.now();
  for await (const { number, centre, pictures } of deblur(frames, contract, run)) {
    const seconds = (performance.now() - since) / 1000;
    if (number === 0) postMessage({ kind: "begun", original: reader.original, size: [centre.width, centre.height] });
    const before = await png(centre);
    for (const [k, picture] of pictures.entries()) {
      const name = pictures.length === 1 ? names(number) : `${names(number)}-${k + 1}`;
      postMessage({ kind: "frame", before, after: await png(picture), name, seconds });
    }
    since = performance.now();
  }
  await release();
  postMessage({ kind: "end" });
}

addEventListener("message", event => {
  work(event.data).catch(error => postMessage({ kind: "error", message: error.message || String(error) }));
});
