// Large arrays travel apart from the JSON of a message: `{"$": n}` stands for array number n.

type Packed = { json: string; arrays: Uint8Array[] };

/** The JSON of a request's parameters, and the bytes in them. */
export function pack(params: unknown): Packed {
  const arrays: Uint8Array[] = [];
  const json = JSON.stringify(params, (_key, value: unknown) => {
    const bytes = bytesOf(value);
    if (bytes === null) return value;
    arrays.push(bytes);
    return { $: arrays.length - 1 };
  });
  return { json, arrays };
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return null;
}

/** An answer with its arrays in their places. */
export function unpack(json: string, arrays: unknown[]): unknown {
  return JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("$" in value)) return value;
    return typeof value.$ === "number" ? arrays[value.$] : value;
  });
}

/** The buffers in a message, each once, to be transferred with it. */
export function buffers(message: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (message instanceof ArrayBuffer) found.add(message);
  else if (ArrayBuffer.isView(message)) {
    if (message.buffer instanceof ArrayBuffer) found.add(message.buffer);
  } else if (typeof message === "object" && message !== null) {
    for (const value of Object.values(message)) buffers(value, found);
  }
  return [...found];
}
