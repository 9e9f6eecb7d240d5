import type { Rng } from "../rng.ts";

/** A text that looks like this id but is not one of the gateway's ids. */
export function oddId(rng: Rng, id: string): string {
  return rng.pick([
    ...[id.toLowerCase(), `${id}%20`, `%20${id}`, `${id}%00`, `${id}'%20OR%20'1'='1`, `${id}%25`, `${id}_`],
    ...[
      `${id}/`,
      `/${id}`,
      `${id}/../${id}`,
      `..%2f${id}`,
      `${id}%0d%0aX:1`,
      `${id};x`,
      `${id}.json`,
      `${id}*`,
    ],
    ...[
      "%ff",
      "%ED%A0%80",
      "null",
      "undefined",
      "[object%20Object]",
      "{order_no}",
      "x".repeat(2_000),
      "%E2%80%AE",
    ],
    ...["UNI20260101000000AAAAAAAAAAAAAAA", "__proto__", "0", "-1", "%", "%2", "<script>", "{{7*7}}"],
  ]);
}

/** A body made from a valid one that may break a JSON parser. */
export function oddBody(rng: Rng, text: string): Buffer<ArrayBuffer> {
  const bytes = Buffer.from(text);
  return rng.pick([
    () => bytes.subarray(0, rng.int(bytes.length + 1)),
    () => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]),
    () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
    () => Buffer.concat([bytes, Buffer.from([0xff])]),
    () => Buffer.from("[".repeat(1 + rng.int(5_000))),
    () => Buffer.from(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`),
    () => Buffer.from(`${text.slice(0, -1)},"x":"${"y".repeat(70_000)}"}`),
    () => Buffer.from(`${text}${text}`),
    () => Buffer.from(rng.pick(["null", "true", "1", '""', "[]", "{}", "NaN", "{]", "'", "<x/>", "a=b"])),
    () => Buffer.from(`{"amount":1,"amount":2,"\\u0061mount":3}`),
    () => Buffer.from(Array.from({ length: rng.int(200) }, () => rng.int(256))),
  ])();
}
