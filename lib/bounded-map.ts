/** A map of at most `most` names: the one that was set longest ago is dropped. */
export class BoundedMap<Value> extends Map<string, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(name: string, value: Value): this {
    // mutation: bucket-renewed
    this.delete(name);
    super.set(name, value);
    if (this.size > /* mutation: bucket-most-names */ this.#most)
      this.delete(this.keys().next().value as string);
    return this;
  }
}
