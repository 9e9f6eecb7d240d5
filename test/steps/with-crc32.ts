import { crc32 } from "node:zlib";

/** Appends white space to JSON so that its CRC-32 becomes `input`: PayPal signs only the CRC-32 of a body. */
export function withCrc32(json: string, input: number): string {
  const length = 40;
  const blank = json + " ".repeat(length);
  const base = crc32(blank);
  const flips = Array.from({ length }, (_, at) => {
    const place = json.length + at;
    return (crc32(`${blank.slice(0, place)}\t${blank.slice(place + 1)}`) ^ base) >>> 0;
  });
  const chosen = solve(flips, (base ^ input) >>> 0);
  return json + Array.from({ length }, (_, at) => (chosen.has(at) ? "\t" : " ")).join("");
}

/** The indexes of the vectors whose XOR is `target`, by Gaussian elimination. */
function solve(vectors: number[], target: number): Set<number> {
  const rows: { value: bigint; from: bigint; top: bigint }[] = [];
  const reduced = (value: bigint, from: bigint) => {
    for (const row of rows) {
      if (value & row.top) {
        value ^= row.value;
        from ^= row.from;
      }
    }
    return { value, from };
  };
  for (const [at, vector] of vectors.entries()) {
    const { value, from } = reduced(BigInt(vector), 1n << BigInt(at));
    if (value === 0n) continue;
    rows.push({ value, from, top: 1n << BigInt(value.toString(2).length - 1) });
  }
  const { value, from } = reduced(BigInt(target), 0n);
  if (value !== 0n) throw new Error("no solution: lengthen the padding");
  return new Set(vectors.keys().filter((at) => ((from >> BigInt(at)) & 1n) === 1n));
}
