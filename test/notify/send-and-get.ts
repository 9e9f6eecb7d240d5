import { get } from "node:http";
import { type DeliveryOutcome, notificationSender } from "../../lib/notify/send-notification.ts";

/** A process of its own: sends to the endpoint in its arguments by http and by https, then gets it Node's usual way. */
const { href, host } = new URL(process.argv[2] ?? "");
const send = notificationSender({ loopbackEndpoints: new Set([host]) });
const outcomes: DeliveryOutcome[] = [];
for (const url of [href, href.replace("http:", "https:")])
  outcomes.push(await send({ url, headers: {}, payload: "{}" }));
get(new URL("/usual", href), async (incoming) => {
  const usual = (await incoming.toArray()).join("");
  process.stdout.write(JSON.stringify([...outcomes, usual]));
});
