import path from "node:path";
import { stackFile } from "./stack-file.ts";
import type { Stack } from "./start-stack.ts";

/** The text printed after the start: addresses, and commands that can be pasted as they are. */
export function whatToTryNext({ host, sandbox, services, merchants }: Stack, logFile: string): string {
  const merchant = merchants[0]!;
  const key = `-H 'X-API-Key: ${merchant.api_key}'`;
  // The database survives restarts, so a fixed number would find an old payment.
  const outTradeNo = `try-${Date.now().toString(36)}`;
  return `
Up. Ctrl-C stops everything; the database is kept for the next start.

  gateway    ${host.url}
  demo shop  ${sandbox.shopUrl}
  inbox      ${merchant.notify_inbox_url}
  database   ${services.DATABASE_URL}
  logs       ${path.relative("", logFile)}
  for tools  ${path.relative("", stackFile)}

Create a payment, open its payment_url in a browser, pay, and look at it and at the merchant's inbox:

  curl -s ${host.url}/api/v1/payment/create ${key} \\
    -H 'Content-Type: application/json' \\
    -d '{"provider":"stripe","out_trade_no":"${outTradeNo}","subject":"Green tea","amount":12.34}'

  curl -s '${host.url}/api/v1/payment/query?out_trade_no=${outTradeNo}' ${key}

  curl -s ${merchant.notify_inbox_url}

Let a minute pass for gateway, queues and simulators; run an operator command:

  curl -s ${host.url}/_local/clock -d '{"advance_ms":60000}'

  npm run ops -- merchant list
`;
}
