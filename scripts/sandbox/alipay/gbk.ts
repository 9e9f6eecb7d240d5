const decoder = new TextDecoder("gbk");

/** The bytes of each two-byte character of GBK, because Node can decode GBK but not encode it. */
const table = new Map<string, number[]>();
for (let lead = 0x81; lead <= 0xfe; lead += 1) {
  for (let trail = 0x40; trail <= 0xfe; trail += 1) {
    const character = decoder.decode(Uint8Array.of(lead, trail));
    if (trail !== 0x7f && character.length === 1 && !table.has(character))
      table.set(character, [lead, trail]);
  }
}

/** `text` in GBK; what GBK does not have becomes `?`, as Java's encoder writes it. */
export function toGbk(text: string): Buffer {
  const bytes = [...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? [code] : (table.get(character) ?? [0x3f]);
  });
  return Buffer.from(bytes);
}

/** The text's length in GBK bytes (GB18030 where GBK lacks a character): one, two, or four beyond the basic plane. */
export function gbkLength(text: string): number {
  return [...text].reduce((sum, character) => {
    if (character.length > 1) return sum + 4;
    return sum + (character.charCodeAt(0) < 0x80 ? 1 : 2);
  }, 0);
}

export const charsets = ["utf-8", "GBK"] as const;
export type Charset = (typeof charsets)[number];

/** The text as Alipay sends it. */
export function encoded(text: string, charset: Charset): Buffer {
  return charset === "GBK" ? toGbk(text) : Buffer.from(text);
}
