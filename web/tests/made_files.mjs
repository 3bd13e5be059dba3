// Small files of several formats, for tests.
import * as zlib from "node:zlib";

/** A grey bitmap file of 24 bits. */
export function bitmap(width, height, grey) {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = new Uint8Array(54 + row * height).fill(grey, 54);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  return bytes;
}

/** A file of MNIST's format: bytes in an array of these extents. */
export function idx(extents, byte) {
  const values = extents.reduce((product, extent) => product * extent, 1);
  const head = 4 + 4 * extents.length;
  const bytes = new Uint8Array(head + values);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + extents.length);
  extents.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  for (let at = 0; at < values; at++) bytes[head + at] = byte(at);
  return bytes;
}

/** A zip archive of some files, deflated. */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of files) {
    const packed = zlib.deflateRawSync(content);
    const header = (signature, extra, tail) => {
      const head = Buffer.alloc(signature === 0x04034b50 ? 30 : 46);
      head.writeUInt32LE(signature, 0);
      head.writeUInt16LE(20, 4 + extra);
      head.writeUInt16LE(8, 8 + extra);
      head.writeUInt32LE(checksum(content), 14 + extra);
      head.writeUInt32LE(packed.length, 18 + extra);
      head.writeUInt32LE(content.length, 22 + extra);
      head.writeUInt16LE(name.length, 26 + extra);
      tail?.(head);
      return Buffer.concat([head, Buffer.from(name)]);
    };
    const start = offset;
    const local = Buffer.concat([header(0x04034b50, 0), packed]);
    directory.push(header(0x02014b50, 2, (head) => head.writeUInt32LE(start, 42)));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...parts, central, end]));
}

function checksum(bytes) {
  if (zlib.crc32 !== undefined) return zlib.crc32(bytes);
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
