import { html, type Reply } from "./call.ts";

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe inside HTML text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A whole page. `title` is escaped here, `content` is HTML already. */
export function page(title: string, content: string, status = 200): Reply {
  return html(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; color: #222 }
.amount { font-size: 2rem; margin: .5rem 0 1.5rem }
button { font: inherit; padding: .6rem 1.2rem; border: 1px solid #888; border-radius: .4rem; background: #fff; cursor: pointer }
button.main { background: #1a56db; border-color: #1a56db; color: #fff }
form { display: inline-block; margin: 0 .5rem .5rem 0 }
.note { color: #666; font-size: .85rem }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${content}
</body>
</html>
`,
    status,
  );
}

export type PayPage = {
  provider: string;
  subject: string;
  /** Decimal amount with its currency, for display. */
  amount: string;
  payUrl: string;
  failUrl: string;
  failLabel: string;
};

/** The buyer's page: subject, amount and two buttons. */
export function payPage({ provider, subject, amount, payUrl, failUrl, failLabel }: PayPage): Reply {
  return page(
    `${provider} (simulated)`,
    `<p>${escapeHtml(subject)}</p>
<p class="amount">${escapeHtml(amount)}</p>
<form method="post" action="${escapeHtml(payUrl)}"><button class="main" id="pay">Pay</button></form>
<form method="post" action="${escapeHtml(failUrl)}"><button id="fail">${escapeHtml(failLabel)}</button></form>
<p class="note">A simulator on this machine. No money moves.</p>`,
  );
}

/** A page with a message only, for a buyer who cannot pay or has no return URL. */
export function messagePage(title: string, message: string, status = 200): Reply {
  return page(title, `<p>${escapeHtml(message)}</p>`, status);
}
