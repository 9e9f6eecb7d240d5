const faults = new Set<string>();

/** Reports a fault independent of the test's own assertions; it fails the test that is running. */
export function fault(text: string): void {
  faults.add(text);
}

export function takeFaults(): string[] {
  const taken = [...faults];
  faults.clear();
  return taken;
}
