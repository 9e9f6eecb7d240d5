import { createPrivateKey, createPublicKey, KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import v8 from "node:v8";

/** Gives what was kept under this name at the last save, else `initial`; from now on it is what is kept. Changed in place. */
export type Keep = <T extends object>(name: string, initial: T) => T;

export type KeptState = {
  keep: Keep;
  /** After every call. Written when the calls since the last time have earned what that one cost. */
  called(): void;
  /** Writes now. */
  save(): void;
};

/** What one call may cost on average, in milliseconds, however large the state has become. */
const mostPerCallMs = 25;

/**
 * The state of one simulator in one file, so that a restart finds what was paid. One graph, so that what is shared is
 * shared again. Without a file nothing is kept.
 */
export function openKeptState(file?: string): KeptState {
  const before = file !== undefined && existsSync(file) ? read(readFileSync(file)) : {};
  const kept: Record<string, object> = {};
  let earnedMs = 0;
  let costMs = 0;

  function save(): void {
    if (file === undefined) return;
    const begun = performance.now();
    mkdirSync(path.dirname(file), { recursive: true });
    const next = `${file}.next`;
    writeFileSync(next, write(kept), { mode: 0o600 });
    // Whoever is killed leaves the old file or the new one, never a half.
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
      kept[name] = found;
      return found;
    },
  };
}

/** What node's serializer cannot write by itself: keys. */
type HostTag = 0 | 1;

class Writer extends v8.DefaultSerializer {
  _writeHostObject(object: object): void {
    const tag: HostTag = object instanceof KeyObject ? 1 : 0;
    this.writeUint32(tag);
    if (object instanceof KeyObject) {
      const type = object.type === "private" ? "pkcs8" : "spki";
      this.writeValue(`${object.type}\n${object.export({ type, format: "pem" })}`);
    } else {
      // Not in the types, and what writes buffers.
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
