import type { Stack } from "./start-stack.ts";

/** What a newcomer reads when everything is up: where things are, and lines that work as pasted. */
export function whatToTryNext({ host, sandbox, services, merchants }: Stack, logFile: string): string {
  const merchant = merchants[0]!;
  return `
Up. Ctrl-C stops everything; the database is kept for the next start.

  gateway    ${host.url}
  demo shop  ${sandbox.shopUrl}
  inbox      ${merchant.notify_inbox_url}
  database   ${services.env.DATABASE_URL}
  logs       ${logFile}
  for tools  .local/stack.json

Create a payment, open its payment_url in a browser, pay, and look at the inbox:

  curl -s ${host.url}/api/v1/payment/create \\
    -H 'X-API-Key: ${merchant.api_key}' -H 'Content-Type: application/json' \\
    -d '{"provider":"stripe","out_trade_no":"first-1","subject":"Green tea","amount":12.34}'

  curl -s '${host.url}/api/v1/payment/query?out_trade_no=first-1' -H 'X-API-Key: ${merchant.api_key}'

  curl -s ${merchant.notify_inbox_url}

Operator verbs:

  npm run ops -- merchant list
`;
}
