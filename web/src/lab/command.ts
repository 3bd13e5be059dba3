/** The files that the command `stepnet lab MODEL DATA` serves next to the page. Its link says which there are. */

import { t } from "../language";
import { reason } from "../later";
import { loadFiles, openModel } from "./actions";
import { fromCommand, split } from "./served";
import { lab } from "./state";

async function fetched(name: string): Promise<Uint8Array> {
  const response = await fetch(name);
  // A refusal is a line of text.
  if (!response.ok) throw new Error((await response.text()).trim());
  return new Uint8Array(await response.arrayBuffer());
}

/** Opens the data and the model that the command's link names; does nothing on a page from elsewhere. */
export async function openFromCommand(search: string): Promise<void> {
  if (!fromCommand(search)) return;
  const query = new URLSearchParams(search);
  const name = query.get("model");
  try {
    let model: Uint8Array | undefined;
    if (name !== null) {
      lab.patch({ busy: t("busy-model") });
      model = await fetched("model");
      // The model first: images are brought to its size. The engine takes the bytes over, so it gets a copy.
      await openModel(name, model.slice());
    }
    // What was wrong with the model stays to be read.
    const { error } = lab.value;
    if (query.has("data")) {
      lab.patch({ busy: t("busy-data") });
      await loadFiles(split(await fetched("data")));
    }
    if (name !== null && model && !error && !lab.value.model) await openModel(name, model);
    if (error !== undefined) lab.patch({ error });
  } catch (error) {
    lab.patch({ busy: undefined, error: reason(error) });
  }
}
