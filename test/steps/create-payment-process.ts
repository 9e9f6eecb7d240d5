// Creates one payment in a separate process, which a test kills.
import type { Data } from "./api.ts";
import { anotherGateway, createThrough } from "./gateways.ts";

process.once("message", async ({ apiKey, order }: { apiKey: string; order: Data }) => {
  await createThrough(anotherGateway(), { apiKey }, order);
});
