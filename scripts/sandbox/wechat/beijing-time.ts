const offsetMs = 8 * 3600 * 1000;

/** WeChat's RFC 3339 time: `2030-01-02T03:04:05+08:00`, to the second. */
export function toBeijing(time: Date): string {
  return `${new Date(time.getTime() + offsetMs).toISOString().slice(0, 19)}+08:00`;
}

/** Reads such a time. Undefined when it is not one. */
export function fromBeijing(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) || toBeijing(time) !== text ? undefined : time;
}
