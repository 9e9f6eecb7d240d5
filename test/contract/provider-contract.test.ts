import { afterAll, describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { startSandbox } from "../../scripts/sandbox/start-sandbox.ts";
import type { OptionalMethod } from "../kits/contract-table.ts";
import { providerNames } from "../kits/kits.ts";
import { movableClock } from "../sandbox/sandbox.ts";
import { proveAmbiguity } from "./prove-ambiguity.ts";
import { proveCapture } from "./prove-capture.ts";
import { proveClose } from "./prove-close.ts";
import { proveProbe, proveRegister } from "./prove-config.ts";
import { proveCreateKeySeconds, proveCreatePayment } from "./prove-create-payment.ts";
import { proveFetchPayment } from "./prove-fetch-payment.ts";
import { proveParseWebhook } from "./prove-parse-webhook.ts";
import { proveFetchRefund, provePrepareRefund, proveRefund } from "./prove-refund.ts";
import { claimsOf, openSubject, type Subject } from "./subject.ts";

/** A proof for each optional member of a provider: the type requires exactly these. */
const proofs: Record<OptionalMethod, (subject: Subject) => void> = {
  close: proveClose,
  capture: proveCapture,
  prepareRefund: provePrepareRefund,
  refund: proveRefund,
  fetchRefund: proveFetchRefund,
  register: proveRegister,
  probe: proveProbe,
  createKeySeconds: proveCreateKeySeconds,
};

const clock = movableClock();
const sandbox = await startSandbox({ clock });
const simulators: Record<string, string> = sandbox.simulators;
const subjects = await Promise.all(
  providerNames.map((provider) => openSubject(provider, simulators[provider]!, clock)),
);
afterAll(async () => {
  for (const subject of subjects) subject.stop();
  await sandbox.stop();
});

describe.each(subjects)("$provider contract", (subject) => {
  const { table, adapter, provider } = subject;

  it(`${provider}'s contract table has its scenes, and claims exactly the adapter's optional methods`, () => {
    expect(Object.keys(table.scenes)).toEqual(Object.keys(providers[provider]?.scenes ?? {}));
    expect(claimsOf(adapter).sort()).toEqual([...table.claims].sort());
  });

  describe("createPayment", () => proveCreatePayment(subject));
  describe("fetchPayment", () => proveFetchPayment(subject));
  describe("parseWebhook", () => proveParseWebhook(subject));
  for (const method of table.claims) describe(method, () => proofs[method](subject));
  describe("unknown outcomes", () => proveAmbiguity(subject));
});
