const faults = new Set<string>();

/** Something that is wrong whatever the test asks; it fails the test during which it happened. */
export function fault(text: string): void {
  faults.add(text);
}

export function takeFaults(): string[] {
  const taken = [...faults];
  faults.clear();
  return taken;
}
