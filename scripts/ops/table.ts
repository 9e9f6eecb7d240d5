type Row = Record<string, unknown>;

/** Rows with one column a field; a single record as one field a line. */
export function asTable(data: unknown): string {
  if (Array.isArray(data)) return data.length === 0 ? "none" : rows(data as Row[]);
  if (typeof data !== "object" || data === null) return String(data);
  const width = Math.max(...Object.keys(data).map((name) => name.length));
  return Object.entries(data)
    .map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`)
    .join("\n");
}

function rows(data: Row[]): string {
  const names = [...new Set(data.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...data.map((row) => names.map((name) => cell(row[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, column) => text.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
