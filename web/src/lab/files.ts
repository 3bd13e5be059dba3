/** Files as they are dropped or chosen, with their paths in dropped folders. */

import { t } from "../language";

export interface Dropped {
  path: string;
  file: File;
}

/** More than this does not fit next to what is computed from it into a page's memory. */
export const MOST_BYTES = 600_000_000;
const MOST_FILES = 100_000;
/** A folder within a folder ... deeper than this is not followed. */
const DEEPEST = 12;

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function list(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function walk(entry: FileSystemEntry, path: string, depth: number, found: Dropped[]): Promise<void> {
  if (found.length >= MOST_FILES || depth > DEEPEST) return;
  const own = path === "" ? entry.name : `${path}/${entry.name}`;
  if (entry.isFile) found.push({ path: own, file: await fileOf(entry as FileSystemFileEntry) });
  if (!entry.isDirectory) return;
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader returns a hundred entries at a time, and none at the end.
  for (let entries = await list(reader); entries.length > 0; entries = await list(reader)) {
    for (const one of entries) await walk(one, own, depth + 1, found);
  }
}

/** All files of a drop, folders included. */
export async function dropped(transfer: DataTransfer): Promise<Dropped[]> {
  // Entries have to be taken before the first await: the transfer is empty afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Dropped[] = [];
  for (const entry of entries) await walk(entry, "", 0, found);
  return found;
}

/** The files of an input, which is emptied: the same file may be chosen again. */
export function chosen(input: HTMLInputElement): Dropped[] {
  const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  input.value = "";
  return files;
}

export function isModel(files: readonly Dropped[]): boolean {
  return files.length === 1 && files[0]!.path.toLowerCase().endsWith(".safetensors");
}

/** The bytes of the files; too many are refused before any is read. */
export async function read(files: readonly Dropped[]): Promise<{ path: string; bytes: Uint8Array }[]> {
  if (files.length === 0) throw new Error(t("files-none"));
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  if (total > MOST_BYTES) throw new Error(t("files-too-large", { megabytes: Math.ceil(total / 1e6), most: MOST_BYTES / 1e6 }));
  const bytes: { path: string; bytes: Uint8Array }[] = [];
  for (const { path, file } of files) bytes.push({ path, bytes: new Uint8Array(await file.arrayBuffer()) });
  return bytes;
}
