import { createPrivateKey, createPublicKey, KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import v8 from "node:v8";

/** Returns the object saved under this name, or `initial`, and saves it from now on. The caller changes it in place. */
export type Keep = <T extends object>(name: string, initial: T) => T;

export type StoredState = {
  keep: Keep;
  /** To be called after every API call. Saves when the calls since the last save have made up for its duration. */
  called(): void;
  /** Writes now. */
  save(): void;
};

/** Upper limit for the average duration of saving per call, in milliseconds, however large the state is. */
const mostPerCallMs = 25;

/**
 * Stores one simulator's state in one file, so that its payments survive a restart. The state is written as one object
 * graph, so that shared references stay shared. Without a file nothing is saved.
 */
export function openStoredState(file?: string): StoredState {
  const before = file !== undefined && existsSync(file) ? read(readFileSync(file)) : {};
  const stored: Record<string, object> = {};
  let earnedMs = 0;
  let costMs = 0;

  function save(): void {
    if (file === undefined) return;
    const begun = performance.now();
    mkdirSync(path.dirname(file), { recursive: true });
    const next = `${file}.next`;
    writeFileSync(next, write(stored), { mode: 0o600 });
    // Renamed, so that a kill leaves either the old file or the new one, never an incomplete one.
    renameSync(next, file);
    [costMs, earnedMs] = [performance.now() - begun, 0];
  }

  return {
    save,
    called() {
      earnedMs += mostPerCallMs;
      if (earnedMs >= costMs - mostPerCallMs) save();
    },
    keep<T extends object>(name: string, initial: T): T {
      const found = (before[name] as T | undefined) ?? initial;
      stored[name] = found;
      return found;
    },
  };
}

/** Tag in front of a host object: 1 is a key, which Node's serializer cannot write; 0 is any other. */
type HostTag = 0 | 1;

class Writer extends v8.DefaultSerializer {
  _writeHostObject(object: object): void {
    const tag: HostTag = object instanceof KeyObject ? 1 : 0;
    this.writeUint32(tag);
    if (object instanceof KeyObject) {
      const type = object.type === "private" ? "pkcs8" : "spki";
      this.writeValue(`${object.type}\n${object.export({ type, format: "pem" })}`);
    } else {
      // Missing in the type definitions; it writes buffers.
      (v8.DefaultSerializer.prototype as unknown as Writer)._writeHostObject.call(this, object);
    }
  }
}

class Reader extends v8.DefaultDeserializer {
  _readHostObject(): object {
    if (this.readUint32() === 0)
      return (v8.DefaultDeserializer.prototype as unknown as Reader)._readHostObject.call(this);
    const [, type, pem = ""] = /^(\w+)\n(.*)$/s.exec(String(this.readValue())) ?? [];
    return type === "private" ? createPrivateKey(pem) : createPublicKey(pem);
  }
}

function write(state: object): Buffer {
  const writer = new Writer();
  writer.writeHeader();
  writer.writeValue(state);
  return writer.releaseBuffer();
}

function read(bytes: Buffer): Record<string, unknown> {
  const reader = new Reader(bytes);
  reader.readHeader();
  return reader.readValue() as Record<string, unknown>;
}
