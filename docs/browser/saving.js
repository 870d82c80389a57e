// Results as PNG files: into a folder where the browser lets a page choose one, else as downloads.

function download({ name, url }) {
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.png`;
  link.click();
}

async function write(folder, { name, after }) {
  const handle = await folder.getFileHandle(`${name}.png`, { create: true });
  const file = await handle.createWritable();
  await file.write(after);
  await file.close();
}

/** Saves pictures, each {name, after: a Blob, url: the Blob's}, under their names. One is always a download. */
export async function save(pictures) {
  if (pictures.length < 2 || !("showDirectoryPicker" in window)) {
    pictures.forEach(download);
    return;
  }
  let folder;
  try {
    folder = await window.showDirectoryPicker({ mode: "readwrite" });
  } catch (error) {
    if (error.name === "AbortError") return; // no folder was chosen
    throw error;
  }
  for (const picture of pictures) await write(folder, picture);
}
