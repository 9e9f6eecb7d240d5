// Creates one payment in a process of its own, for a test to kill.
import type { Data } from "./api.ts";
import { anotherGateway, createThrough } from "./gateways.ts";

process.once("message", async ({ apiKey, order }: { apiKey: string; order: Data }) => {
  await createThrough(anotherGateway(), { apiKey }, order);
});
