/** What the command `stepnet lab` serves: its link, and its files in one answer. */

/** A file of the data, in the order in which their bytes follow. */
interface Listed {
  path: string;
  bytes: number;
}

/** Whether the page comes from the command. */
export function fromCommand(search: string): boolean {
  return new URLSearchParams(search).has("lab");
}

/** The files in an answer: a line with their names and lengths, then their bytes. */
export function split(answer: Uint8Array): { path: string; bytes: Uint8Array }[] {
  const end = answer.indexOf(0x0a);
  const listed = JSON.parse(new TextDecoder().decode(answer.subarray(0, end))) as Listed[];
  let start = end + 1;
  return listed.map(({ path, bytes }) => {
    // A copy: the engine takes the buffer over.
    const content = answer.slice(start, start + bytes);
    start += bytes;
    if (content.length !== bytes) throw new Error(`${path} ends after ${content.length} of ${bytes} bytes`);
    return { path, bytes: content };
  });
}
