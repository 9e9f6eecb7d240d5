export type LogLine = Record<string, unknown> & { level: string; message: string };

/** What is written while `run` runs, instead of on the terminal, as it is. */
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

/** What the gateway logs while `run` runs. */
export async function logOf(run: () => Promise<unknown>): Promise<LogLine[]> {
  const lines = (await written(run)).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as LogLine);
}
