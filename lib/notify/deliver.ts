import { randomUUID } from "node:crypto";
import { type Clock, secondsAfter } from "../clock.ts";
import { currentInvocation } from "../invocation.ts";
import { log } from "../log.ts";
import type { Hint, Hints } from "../payment/ports.ts";
import type { AfterSend, Deliveries, DeliveryTask, Locks } from "./ports.ts";
import { nextDue } from "./schedule.ts";
import type { DeliveryOutcome, SendNotification } from "./send-notification.ts";
import { signedHeaders } from "./signature.ts";

export type DeliverGateway = {
  clock: Clock;
  deliveries: Deliveries;
  locks: Locks;
  hints: Hints;
  send: SendNotification;
  /** Opens a merchant's signing secrets; none where they do not open. */
  notifySecrets(userId: string, sealed: string | null): Promise<string[]>;
};

/** Longer than a send may take. */
export const leaseSeconds = 45;
/** What a send and its record need at most; less is left to the next receive. */
const leastRemainingMs = 16_000;

/**
 * One hint: claims the row's due attempt, sends it, records the outcome and hints what comes next. Losing, repeating,
 * delaying or reordering hints breaks nothing, because the row decides.
 */
export async function deliver(gateway: DeliverGateway, hint: Hint): Promise<void> {
  const lock = await gateway.locks.acquire(hint.userId, `deliver:${hint.taskId}`, leaseSeconds * 1000);
  if (!lock && !hint.insist) return;
  try {
    await claimAndSend(gateway, hint);
  } finally {
    await lock?.release();
  }
}

async function claimAndSend(gateway: DeliverGateway, hint: Hint): Promise<void> {
  if (currentInvocation().remainingMs() < /* mutation: deliver-time-left */ leastRemainingMs)
    throw new Error("too little time left for a send");
  const now = gateway.clock.now();
  const leaseToken = randomUUID();
  const claim = await gateway.deliveries.claim(hint, leaseToken, secondsAfter(now, leaseSeconds), now);
  // mutation: deliver-early
  if (claim.kind === "early") return gateway.hints.notify(hint, claim.due);
  if (claim.kind === "abandoned") log.alarm("notification abandoned by its senders", about(hint));
  if (claim.kind === "abandoned" && claim.exhausted) log.alarm("notification exhausted", about(hint));
  if (claim.kind !== "claimed") return;

  const { task } = claim;
  const outcome = await send(gateway, task);
  const endedAt = gateway.clock.now();
  const after = afterSend(task, outcome, endedAt);
  const { httpStatus, answer } = outcome;
  const record = { outcome: outcome.outcome, httpStatus, answer, endedAt };
  const finished = await gateway.deliveries.finish(task, leaseToken, record, after);
  log.info("delivery", {
    task_id: task.id,
    merchant: task.userId,
    attempt: task.attempt,
    status: finished ? after.status : "lease lost",
    http_status: httpStatus,
  });
  if (!finished) return;
  if (after.status === "exhausted")
    log.alarm("notification exhausted", { task_id: task.id, merchant: task.userId });
  if (after.status === "pending")
    await gateway.hints.notify({ ...hint, attempt: after.attempt, insist: false }, after.due);
  const next = await gateway.deliveries.nextDue(task.endpoint, endedAt);
  if (next) await gateway.hints.notify(next, endedAt);
}

const about = ({ taskId, userId }: Hint) => ({ task_id: taskId, merchant: userId });

async function send(gateway: DeliverGateway, task: DeliveryTask): Promise<DeliveryOutcome> {
  const secrets = await gateway.notifySecrets(task.userId, task.sealedSecrets);
  if (secrets.length === 0)
    return {
      outcome: "failed",
      httpStatus: null,
      answer: "not sent: the merchant has no signing secret that can be read",
    };
  const headers = signedHeaders(task.eventId, task.payload, secrets, gateway.clock.now());
  return gateway.send({ url: task.url, headers, payload: task.payload });
}

function afterSend(task: DeliveryTask, { outcome }: DeliveryOutcome, endedAt: Date): AfterSend {
  // mutation: deliver-received
  if (outcome === "received") return { status: "success" };
  if (outcome === "gone") return { status: "held" };
  const due = nextDue(task.attempt, endedAt);
  return due === null ? { status: "exhausted" } : { status: "pending", attempt: task.attempt + 1, due };
}
