/** Bytes of a key. */
export const keyBytes = 16;

/** Where a vector is kept. */
export interface Place {
  /** Number of the segment, in the order in which they were opened. */
  segment: number;
  /** Position in the segment, counted from 0. */
  position: number;
}

/**
 * Places by key, in flat arrays: a million entries take 36 MB, where a `Map` of strings would take five times as much.
 * Keys are hashes already, so their first bytes serve as the hash of the table.
 */
export interface KeyTable {
  get(key: Uint8Array): Place | null;
  /** Keeps the place that a key has, where it has one. */
  add(key: Uint8Array, place: Place): void;
}

export function createKeyTable(): KeyTable {
  let capacity = 1024;
  let keys = Buffer.alloc(capacity * keyBytes);
  let segments = new Int32Array(capacity);
  let positions = new Int32Array(capacity);
  /** Twice as many slots as entries at most, each with the number of an entry plus one; 0: free. */
  let slots = new Int32Array(capacity * 2);
  let count = 0;

  /** The slot that has the key, or the free one that it would take. */
  function slotOf(key: Uint8Array): number {
    const view = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
    let slot = view.readUInt32LE(0) % slots.length;
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      const start = (entry - 1) * keyBytes;
      if (view.compare(keys, start, start + keyBytes) === 0) return slot;
      slot = (slot + 1) % slots.length;
    }
    return slot;
  }

  function grow(): void {
    capacity *= 2;
    keys = Buffer.concat([keys], capacity * keyBytes);
    segments = extended(segments, capacity);
    positions = extended(positions, capacity);
    slots = new Int32Array(capacity * 2);
    for (let entry = 0; entry < count; entry++) {
      slots[slotOf(keys.subarray(entry * keyBytes, (entry + 1) * keyBytes))] = entry + 1;
    }
  }

  return {
    get(key) {
      const entry = slots[slotOf(key)]! - 1;
      return entry < 0 ? null : { segment: segments[entry]!, position: positions[entry]! };
    },
    add(key, { segment, position }) {
      if (slots[slotOf(key)] !== 0) return;
      if (count === capacity) grow();
      keys.set(key, count * keyBytes);
      segments[count] = segment;
      positions[count] = position;
      slots[slotOf(key)] = ++count;
    },
  };
}

function extended(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(length);
  longer.set(values);
  return longer;
}
