type Row = Record<string, unknown>;

/** Formats a list as a table with one column per field; a record as one field per line, then a table per list in it. */
export function asTable(data: unknown): string {
  if (Array.isArray(data)) return data.length === 0 ? "none" : rows(data as Row[]);
  if (typeof data !== "object" || data === null) return String(data);
  const lists = Object.entries(data).filter(([, value]) => isListOfRows(value));
  const fields = Object.entries(data).filter(([, value]) => !isListOfRows(value));
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return [
    ...fields.map(([name, value]) => `${name.padEnd(width)}  ${cell(value)}`),
    ...lists.map(([name, list]) => `\n${name}\n${asTable(list)}`),
  ].join("\n");
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

/** A list of objects gets a table of its own; a list of plain values, such as scopes, fits into a cell. */
function isListOfRows(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (Array.isArray(value) && !isListOfRows(value)) return value.join(",");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
