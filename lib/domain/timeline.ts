/** A line of the timeline; `data` is redacted. */
export type LogEntry = { at: Date; kind: string; title: string; data: Record<string, unknown> };
