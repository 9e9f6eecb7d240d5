export type LogLine = Record<string, unknown> & { level: string; message: string };

/** Captures what is written to stdout while `run` runs; none of it reaches the terminal. */
export async function written(run: () => unknown): Promise<string> {
  const { write } = process.stdout;
  let text = "";
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  }) as typeof write;
  try {
    await run();
  } finally {
    process.stdout.write = write;
  }
  return text;
}

/** The lines that the gateway logs while `run` runs. */
export async function logOf(run: () => Promise<unknown>): Promise<LogLine[]> {
  const lines = (await written(run)).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as LogLine);
}
