import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { inflateRawSync } from "node:zlib";

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const deflated = 8;

/**
 * The content of one file in a zip archive; `unzip` is not on every machine. Archives of 4 GB and more are not read. Throws when
 * there is no such entry.
 */
export function zipEntry(archive: string, name: string): Buffer {
  const file = openSync(archive, "r");
  try {
    const { offset, packedBytes, method } = findEntry(readDirectory(file), archive, name);
    const header = read(file, offset, 30);
    const begin = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const packed = read(file, begin, packedBytes);
    return method === deflated ? inflateRawSync(packed) : packed;
  } finally {
    closeSync(file);
  }
}

/** The archive's directory lies before its last 22 bytes and a comment, of which ours have none. */
function readDirectory(file: number): Buffer {
  const { size } = fstatSync(file);
  const end = read(file, size - 22, 22);
  if (end.readUInt32LE(0) !== endOfDirectory) throw new Error("not a zip archive, or one with a comment");
  return read(file, end.readUInt32LE(16), end.readUInt32LE(12));
}

function findEntry(directory: Buffer, archive: string, name: string) {
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === directoryEntry; ) {
    const nameBytes = directory.readUInt16LE(at + 28);
    if (directory.toString("utf8", at + 46, at + 46 + nameBytes) === name) {
      return {
        method: directory.readUInt16LE(at + 10),
        packedBytes: directory.readUInt32LE(at + 20),
        offset: directory.readUInt32LE(at + 42),
      };
    }
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`${archive} holds no ${name}`);
}

function read(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const bytes = readSync(file, buffer, 0, length, position);
  if (bytes !== length) throw new Error("the archive ends early");
  return buffer;
}
