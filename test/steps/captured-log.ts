export type LogLine = Record<string, unknown> & { level: string; message: string };

/** What the gateway logs while `run` runs, instead of on the terminal. */
export async function logOf(run: () => Promise<unknown>): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const { write } = process.stdout;
  process.stdout.write = ((text: string | Uint8Array) => {
    lines.push(JSON.parse(String(text)));
    return true;
  }) as typeof write;
  try {
    await run();
  } finally {
    process.stdout.write = write;
  }
  return lines;
}
