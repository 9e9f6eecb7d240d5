import { setTimeout as wait } from "node:timers/promises";
import { type Call, json, jsonObject, Refusal, type Reply, stringField } from "../kernel/call.ts";

/** One received notification, in the shape that tools read. */
export type Delivery = { at: string; headers: Record<string, string>; body: string };

type Behaviour = { status?: number; delay_ms?: number; redirect_to?: string; times: number };

type Inbox = { deliveries: Delivery[]; behaviour: Behaviour };

const accepting: Behaviour = { times: Infinity };

/**
 * The inboxes in which demo merchants receive notifications, one per path `/inbox/<name>`: POST records and answers,
 * GET lists oldest first, POST `…/behave` configures the next answers. Undefined: the path is not one of an inbox.
 */
export function createMerchantInboxes(): (call: Call) => Promise<Reply> | undefined {
  const inboxes = new Map<string, Inbox>();

  return (call) => {
    const [, name, behave] = /^\/inbox\/([\w-]+)(\/behave)?$/.exec(call.path) ?? [];
    if (name === undefined) return undefined;
    const inbox = inboxes.get(name) ?? { deliveries: [], behaviour: accepting };
    inboxes.set(name, inbox);
    if (call.method === "GET" && !behave) return Promise.resolve(json({ deliveries: inbox.deliveries }));
    if (call.method !== "POST") throw new Refusal(405, "An inbox takes GET and POST.");
    if (!behave) return receive(inbox, call);
    inbox.behaviour = readBehaviour(jsonObject(call));
    return Promise.resolve(json({}));
  };
}

async function receive(inbox: Inbox, call: Call): Promise<Reply> {
  inbox.deliveries.push({ at: call.at.toISOString(), headers: call.headers, body: call.body });
  const { behaviour } = inbox;
  if (behaviour.times <= 0) return json({ received: true });
  behaviour.times -= 1;
  if (behaviour.delay_ms) await wait(behaviour.delay_ms);
  if (behaviour.redirect_to === undefined) return json({ received: true }, behaviour.status ?? 200);
  return { status: behaviour.status ?? 302, headers: { location: behaviour.redirect_to }, body: "" };
}

/** `{status, delay_ms, redirect_to, times}`; all optional, `{}` answers 200 again. The delay is real time. */
function readBehaviour(body: Record<string, unknown>): Behaviour {
  const settings = ["status", "delay_ms", "redirect_to", "times"];
  const unknown = Object.keys(body).find((name) => !settings.includes(name));
  if (unknown !== undefined)
    throw new Refusal(400, `Unknown setting ${unknown}: an inbox takes ${settings.join(", ")}.`);
  return {
    status: count(body, "status"),
    delay_ms: count(body, "delay_ms"),
    redirect_to: stringField(body, "redirect_to"),
    times: count(body, "times") ?? Infinity,
  };
}

function count(body: Record<string, unknown>, name: string): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refusal(400, `${name} must be a whole number.`);
}
