import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { localFolder } from "./services/local-folder.ts";
import type { Stack } from "./start-stack.ts";

/** Describes the running stack to tools; the file exists while `npm start` runs. */
export const stackFile = path.join(localFolder, "stack.json");

/** A stable shape: tools read it. */
export function writeStackFile({ host, sandbox, services, merchants }: Stack): void {
  const stack = {
    gateway_url: host.url,
    sandbox_url: sandbox.url,
    shop_url: sandbox.shopUrl,
    database_url: services.DATABASE_URL,
    redis_url: services.REDIS_URL,
    sqs_endpoint: services.SQS_ENDPOINT,
    notify_queue_url: host.notifyQueueUrl,
    merchants,
    simulators: sandbox.simulators,
  };
  writeFileSync(stackFile, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
}

export function removeStackFile(): void {
  rmSync(stackFile, { force: true });
}
