import { get } from "node:http";
import { type DeliveryOutcome, notificationSender } from "../../../lib/deliveries/send-notification.ts";

/** A separate process: sends to the endpoint in its argument by http and https, then gets it with `node:http`. */
const { href, host } = new URL(process.argv[2] ?? "");
const send = notificationSender({ loopbackEndpoints: new Set([host]) });
const outcomes: DeliveryOutcome[] = [];
for (const url of [href, href.replace("http:", "https:")])
  outcomes.push(await send({ url, headers: {}, payload: "{}" }));
get(new URL("/usual", href), async (incoming) => {
  const usual = (await incoming.toArray()).join("");
  process.stdout.write(JSON.stringify([...outcomes, usual]));
});
