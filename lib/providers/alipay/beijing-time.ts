const offsetMs = 8 * 3600 * 1000;

/** Alipay's `yyyy-MM-dd HH:mm:ss`, always UTC+8 and without a zone; milliseconds are cut off. */
export function toBeijingTime(time: Date): string {
  return new Date(time.getTime() + offsetMs).toISOString().slice(0, 19).replace("T", " ");
}

/** Reads what `toBeijingTime` writes; the text must have that form. */
export function fromBeijingTime(text: string): Date {
  return new Date(`${text.replace(" ", "T")}+08:00`);
}
