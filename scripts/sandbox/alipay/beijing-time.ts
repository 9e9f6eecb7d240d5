const offsetMs = 8 * 3600 * 1000;

/** Alipay's `yyyy-MM-dd HH:mm:ss`: UTC+8 all year, written without an offset. */
export function toBeijing(time: Date): string {
  return new Date(time.getTime() + offsetMs).toISOString().slice(0, 19).replace("T", " ");
}

/** Reads `yyyy-MM-dd HH:mm:ss` (UTC+8). Undefined when it is not such a time. */
export function fromBeijing(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const time = new Date(`${text.replace(" ", "T")}+08:00`);
  return Number.isNaN(time.getTime()) || toBeijing(time) !== text ? undefined : time;
}
