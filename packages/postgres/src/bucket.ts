const bucketsCount = 1024;
const encoder = new TextEncoder();

/**
 * The bucket of an aggregate id, 0 to 1023: FNV-1a (32 bit) over its UTF-8 bytes, mod 1024.
 *
 * `marketmesh.bucket_of(text)` gives the same in SQL. Source: draft-eastlake-fnv.
 */
export function bucketOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    if (unit > 0x7f) return bucketOfAny(id);
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return (hash >>> 0) % bucketsCount;
}

// Nearly every id is ASCII, whose bytes are its characters: encoding it first costs more than the hash.
function bucketOfAny(id: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % bucketsCount;
}
