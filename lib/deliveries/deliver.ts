import { randomUUID } from "node:crypto";
import { secondsAfter } from "../clock.ts";
import type { AfterSend, DeliveryTask } from "../domain/delivery.ts";
import { nextDue } from "../domain/delivery-schedule.ts";
import type { WakeUp } from "../domain/wake-up.ts";
import type { Gateway } from "../gateway.ts";
import { currentInvocation } from "../invocation.ts";
import { log } from "../log.ts";
import { openNotifySecrets } from "../merchants/notify-secrets.ts";
import { claimDelivery } from "../storage/deliveries/claim-delivery.ts";
import { nextDueDelivery } from "../storage/deliveries/due-deliveries.ts";
import { finishDelivery } from "../storage/deliveries/finish-delivery.ts";
import type { DeliveryOutcome } from "./send-notification.ts";
import { signedHeaders } from "./signature.ts";
/** Longer than a send may take. */
export const leaseSeconds = 45;
/** The longest time of a send and its record; with less left, the message waits for its next receive. */
const leastRemainingMs = 16_000;

/**
 * Handles one wake-up: claims the row's due attempt, sends it, records the outcome and wakes up the next attempt. A
 * lost, repeated, late or reordered wake-up breaks nothing, because the row decides.
 */
export async function deliver(gateway: Gateway, wakeUp: WakeUp): Promise<void> {
  const lock = await gateway.locks.acquire(wakeUp.userId, `deliver:${wakeUp.taskId}`, leaseSeconds * 1000);
  if (!lock && !wakeUp.insist) return;
  try {
    await claimAndSend(gateway, wakeUp);
  } finally {
    await lock?.release();
  }
}

async function claimAndSend(gateway: Gateway, wakeUp: WakeUp): Promise<void> {
  if (currentInvocation().remainingMs() < /* mutation: deliver-time-left */ leastRemainingMs)
    throw new Error("too little time left for a send");
  const now = gateway.clock.now();
  const leaseToken = randomUUID();
  const claim = await claimDelivery(gateway.db, wakeUp, {
    leaseToken,
    leaseUntil: secondsAfter(now, leaseSeconds),
    now,
  });
  // mutation: deliver-early
  if (claim.kind === "early") return gateway.wakeUps.notify(wakeUp, claim.due);
  if (claim.kind === "abandoned")
    log.alarm("notification attempt abandoned: no outcome was recorded", about(wakeUp));
  if (claim.kind === "abandoned" && claim.exhausted) log.alarm("notification exhausted", about(wakeUp));
  if (claim.kind !== "claimed") return;

  const { task } = claim;
  const outcome = await send(gateway, task);
  const endedAt = gateway.clock.now();
  const after = afterSend(task, outcome, endedAt);
  const { httpStatus, answer } = outcome;
  const record = { outcome: outcome.outcome, httpStatus, answer, endedAt };
  const finished = await finishDelivery(gateway.db, task, leaseToken, { record, after });
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
    await gateway.wakeUps.notify({ ...wakeUp, attempt: after.attempt, insist: false }, after.due);
  const next = await nextDueDelivery(gateway.db, task.endpoint, endedAt);
  if (next) await gateway.wakeUps.notify(next, endedAt);
}

const about = ({ taskId, userId }: WakeUp) => ({ task_id: taskId, merchant: userId });

async function send(gateway: Gateway, task: DeliveryTask): Promise<DeliveryOutcome> {
  const secrets = await openNotifySecrets(gateway.vault, task.userId, task.encryptedSecrets);
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
