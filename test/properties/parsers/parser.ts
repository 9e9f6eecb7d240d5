import type fc from "fast-check";
import { GatewayError } from "../../../lib/errors.ts";

/** One parser of the gateway: its random inputs, and what must hold for every result. */
export type Parser<Input = unknown, Result = unknown> = {
  name: string;
  /** Valid input with a few changes, or input of any kind. */
  input: fc.Arbitrary<Input>;
  parse(input: Input): Result | Promise<Result>;
  /** Throws if the result is wrong for this input. */
  holds?(result: Result, input: Input): void;
  /** Recognises the parser's own refusal. Default: any `GatewayError`. */
  refuses?(error: unknown): boolean;
  /** Inputs of the maximum length that are made to take long. */
  hardest?: readonly NoInfer<Input>[];
};

export function parser<Input, Result>(typed: Parser<Input, Result>): Parser {
  return typed as unknown as Parser;
}

/** Parses once. Throws on any error except the parser's own refusal, and if a prototype was changed. */
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

/** Throws if a built-in prototype has changed since this process began. */
function assertUntouched(): void {
  if (prototypes.some((prototype, at) => namesOf(prototype) !== ownNames[at]))
    throw new Error("a prototype was changed");
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
