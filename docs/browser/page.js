// The page: takes files, lets a worker deblur them, and shows what comes back.

import { save } from "./saving.js";
import { wipe } from "./wipe.js";

const at = id => document.getElementById(`deblur-${id}`);
const here = name => new URL(name, import.meta.url).href;
const own = new Map(); // .onnx files of the user's, by name
let files = [];
let shown = []; // {before, after, name, url, original} a picture
let worker = null; // kept from run to run, for it has ONNX Runtime loaded
let isBusy = false;

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function say(text, isError = false) {
  at("status").textContent = text;
  at("status").classList.toggle("fault", isError);
}

function enable() {
  at("start").disabled = files.length === 0 || at("network").options.length === 0;
  at("start").hidden = isBusy;
  at("stop").hidden = !isBusy;
}

function take(list) {
  if (isBusy) return;
  const given = [...list];
  for (const file of given.filter(file => file.name.endsWith(".onnx"))) {
    if (!own.has(file.name)) at("network").add(new Option(file.name, file.name));
    own.set(file.name, file);
    at("network").value = file.name;
  }
  const clip = given.filter(file => !file.name.endsWith(".onnx"));
  if (clip.length > 0) {
    files = clip;
    say(files.length === 1 ? files[0].name : `${plural(files.length, "picture")}, from ${files[0].name}`);
  }
  enable();
}

function show() {
  const picture = shown[at("frame").value];
  if (!picture) return;
  at("before").src = picture.original;
  at("after").src = picture.url;
  at("name").textContent = `${picture.name} (${Number(at("frame").value) + 1} of ${shown.length})`;
}

function forget() {
  for (const { url, original } of shown) for (const each of [url, original]) URL.revokeObjectURL(each);
  shown = [];
  at("result").hidden = true;
}

function add({ before, after, name }) {
  const isAtEnd = Number(at("frame").value) >= shown.length - 1;
  shown.push({ before, after, name, url: URL.createObjectURL(after), original: URL.createObjectURL(before) });
  at("frame").max = shown.length - 1;
  if (isAtEnd) at("frame").value = shown.length - 1;
  at("result").hidden = false;
  show();
}

/** Ends a run; without `isWhole`, whatever the worker is at too. */
function end(text, { isWhole = false, isError = false } = {}) {
  if (!isWhole) {
    worker.terminate();
    worker = null;
  }
  isBusy = false;
  at("progress").hidden = true;
  say(text, isError);
  enable();
}

function start() {
  forget();
  const network = at("network").value;
  const most = Math.max(1, Math.floor(Number(at("most").value)) || 1);
  const device = at("device").value;
  const expected = files.length > 1 ? Math.min(most, files.length) : null;
  let size = "";
  const started = performance.now();
  worker ??= new Worker(here("worker.js"), { type: "module" });
  isBusy = true;
  worker.onerror = event => end(event.message || "the page's worker cannot be loaded", { isError: true });
  worker.onmessage = ({ data }) => {
    if (data.kind === "error") end(data.message, { isError: true });
    else if (data.kind === "begun") {
      const [now, was] = [data.size.join("x"), data.original.join("x")];
      size = now === was ? now : `${was}, taken at ${now}`;
      at("view").style.maxWidth = `calc(70vh * ${data.size[0]} / ${data.size[1]})`;
    } else if (data.kind === "frame") {
      add(data);
      const of = expected ? ` of ${expected}` : "";
      say(`${shown.length}${of}, ${data.seconds.toFixed(1)} s the last frame; ${size}`);
      if (expected) at("progress").value = shown.length / expected;
    } else end(`${plural(shown.length, "picture")} in ${((performance.now() - started) / 1000).toFixed(1)} s; ${size}`, { isWhole: true });
  };
  at("progress").removeAttribute("value");
  at("progress").hidden = false;
  say("Loading the network ...");
  enable();
  worker.postMessage({ files, model: own.get(network) ?? here(`models/${network}.onnx`), device, side: Number(at("side").value), most });
}

async function offer() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  const isReal = Boolean(adapter) && !adapter.info?.isFallbackAdapter;
  at("device").querySelector("[value=webgpu]").disabled = !adapter;
  at("device").value = isReal ? "webgpu" : "wasm";
  const answer = await fetch(here("models/models.json"));
  for (const name of await answer.json()) at("network").add(new Option(name, name));
  at("network").selectedIndex = 0;
}

function listen() {
  const drop = at("drop");
  for (const kind of ["dragenter", "dragover"])
    drop.addEventListener(kind, event => {
      event.preventDefault();
      drop.classList.add("over");
    });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", event => {
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  at("files").addEventListener("change", () => take(at("files").files));
  at("start").addEventListener("click", start);
  at("stop").addEventListener("click", () => end(`stopped after ${plural(shown.length, "picture")}`));
  at("frame").addEventListener("input", show);
  at("save").addEventListener("click", () => save([shown[at("frame").value]]));
  at("save-all").addEventListener("click", () => save(shown).catch(error => say(error.message, true)));
  wipe(at("view"), at("edge"));
}

listen();
offer().then(enable, error => say(`the list of networks cannot be read: ${error.message}`, true));
