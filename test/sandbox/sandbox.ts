import { expect, onTestFinished, vi } from "vitest";
import type { Clock } from "../../lib/clock.ts";
import type { ProviderName } from "../../lib/providers/registry.ts";
import type { Delivery } from "../../scripts/sandbox/inbox/merchant-inboxes.ts";
import type { LedgerRow } from "../../scripts/sandbox/kernel/serve-simulator.ts";
import type { WebhookLine } from "../../scripts/sandbox/kernel/webhook-sender.ts";
import { type Sandbox, startSandbox } from "../../scripts/sandbox/start-sandbox.ts";

/** A clock that tests move. */
export type MovableClock = Clock & { advance(milliseconds: number): void };

type Lists = {
  payments: LedgerRow;
  webhooks: WebhookLine;
  calls: { method: string; path: string; headers: Record<string, string>; body: string };
};

export type TestSandbox = Sandbox & {
  simulators: Record<ProviderName, string>;
  clock: MovableClock;
  /** `POST /_sim/<name>`: status and JSON. */
  control(provider: ProviderName, name: string, body?: object): Promise<Controlled>;
  /** `GET /_sim/<name>`. */
  list<Name extends keyof Lists>(provider: ProviderName, name: Name): Promise<Lists[Name][]>;
  /** Waits until `count` attempts to deliver webhooks have ended, and lists them. */
  attempts(provider: ProviderName, count: number): Promise<WebhookLine[]>;
};

type Controlled = { status: number; body: Record<string, string> };

/** A sandbox for one test, with the providers' real waits between webhook attempts. */
export async function aSandbox(): Promise<TestSandbox> {
  const clock = movableClock();
  const sandbox = (await startSandbox({ clock, retryScale: 1 })) as TestSandbox;
  onTestFinished(() => sandbox.stop());
  const list: TestSandbox["list"] = async (provider, name) => {
    const answer = await fetch(`${sandbox.simulators[provider]}/_sim/${name}`);
    return (await answer.json()) as Lists[typeof name][];
  };
  return {
    ...sandbox,
    clock,
    list,
    async control(provider, name, body = {}) {
      const answer = await post(`${sandbox.simulators[provider]}/_sim/${name}`, JSON.stringify(body));
      return { status: answer.status, body: (await answer.json()) as Controlled["body"] };
    },
    attempts: (provider, count) =>
      eventually(async () => {
        const lines = await list(provider, "webhooks");
        expect(lines).toHaveLength(count);
        return lines;
      }),
  };
}

export function movableClock(): MovableClock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    advance(milliseconds) {
      offset += milliseconds;
    },
  };
}

export function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: "POST", body, headers, redirect: "manual" });
}

/** Retries until the expectation holds. */
export function eventually<T>(expectation: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(expectation, { timeout: 5000, interval: 10 });
}

/** The notifications in an inbox. */
export async function inboxDeliveries(url: string): Promise<Delivery[]> {
  const { deliveries } = (await (await fetch(url)).json()) as { deliveries: Delivery[] };
  return deliveries;
}
