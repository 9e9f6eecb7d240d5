import { afterAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { startSandbox } from "../../scripts/sandbox/start-sandbox.ts";
import { movableClock } from "../sandbox/sandbox.ts";
import type { OptionalMethod } from "./contract-table.ts";
import { proveAmbiguity } from "./prove-ambiguity.ts";
import { proveCapture } from "./prove-capture.ts";
import { proveClose } from "./prove-close.ts";
import { proveProbe, proveRegister } from "./prove-config.ts";
import { proveHear } from "./prove-hear.ts";
import { proveLook } from "./prove-look.ts";
import { proveLookRefund, provePrepareRefund, proveRefund } from "./prove-refund.ts";
import { proveStart, proveStartKey } from "./prove-start.ts";
import { claimsOf, openSubject, type Subject } from "./subject.ts";

/** A proof for each member that a provider may have: the type demands all of them, and no other. */
const proofs: Record<OptionalMethod, (subject: Subject) => void> = {
  close: proveClose,
  capture: proveCapture,
  prepareRefund: provePrepareRefund,
  refund: proveRefund,
  lookRefund: proveLookRefund,
  register: proveRegister,
  probe: proveProbe,
  startKeySeconds: proveStartKey,
};

const clock = movableClock();
const sandbox = await startSandbox({ clock });
const simulators: Record<string, string> = sandbox.simulators;
const subjects = await Promise.all(
  Object.keys(providers).map((provider) => openSubject(provider, simulators[provider]!, clock)),
);
afterAll(async () => {
  for (const subject of subjects) subject.stop();
  await sandbox.stop();
});

describe.each(subjects)("$provider keeps the contract of providers", (subject) => {
  const { table, adapter, provider } = subject;

  it("has a row for each of its scenes, and the methods that its table claims", () => {
    expect(Object.keys(table.scenes)).toEqual(Object.keys(providers[provider]?.scenes ?? {}));
    expect(claimsOf(adapter).sort()).toEqual([...table.claims].sort());
  });

  describe("start", () => proveStart(subject));
  describe("look", () => proveLook(subject));
  describe("hear", () => proveHear(subject));
  for (const method of table.claims) describe(method, () => proofs[method](subject));
  describe("what nobody can know", () => proveAmbiguity(subject));
});
