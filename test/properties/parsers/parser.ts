import type fc from "fast-check";
import { GatewayError } from "../../../lib/errors.ts";

/** One parser of the gateway: what it is fed with, and what must hold whatever that is. */
export type Parser<Input = unknown, Result = unknown> = {
  name: string;
  /** Valid input with a few changes as often as input of any kind. */
  input: fc.Arbitrary<Input>;
  parse(input: Input): Result | Promise<Result>;
  /** Throws when a result is not one that may come of this input. */
  holds?(result: Result, input: Input): void;
  /** How it says no; absent: by a `GatewayError`. */
  refuses?(error: unknown): boolean;
  /** As long as input can be, and made to take long. */
  hardest?: readonly NoInfer<Input>[];
};

export function parser<Input, Result>(wanted: Parser<Input, Result>): Parser {
  return wanted as unknown as Parser;
}

/** Parses once. Throws when anything but the parser's own refusal is thrown, or when it leaves traces. */
export async function feed({ parse, holds, refuses = isGatewayError }: Parser, input: unknown) {
  try {
    const result = await parse(input);
    holds?.(result, input);
  } catch (error) {
    if (!refuses(error)) throw error;
  }
  assertUntouched();
}

function isGatewayError(error: unknown): boolean {
  return error instanceof GatewayError;
}

const prototypes = [Object.prototype, Array.prototype, String.prototype, Function.prototype];
const ownNames = prototypes.map(namesOf);

function namesOf(prototype: object): string {
  return Object.getOwnPropertyNames(prototype).join();
}

/** What all objects inherit is as it was when this process began. */
function assertUntouched(): void {
  if (prototypes.some((prototype, at) => namesOf(prototype) !== ownNames[at]))
    throw new Error("a prototype was changed");
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
