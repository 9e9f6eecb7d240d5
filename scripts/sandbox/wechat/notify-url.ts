import type { Members } from "./read-body.ts";
import { paramError } from "./wechat-error.ts";

const loopback = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** `notify_url`: https without a query. Plain http is allowed for this machine only. */
export function readNotifyUrl(members: Members, maxBytes: number): string | undefined {
  const url = members.optionalText("notify_url", { maxBytes });
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) throw paramError("body", "/notify_url", "not a URL");
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" && !(protocol === "http:" && loopback.has(hostname))) {
    throw paramError("body", "/notify_url", "must be https");
  }
  if (/[?#]/.test(url)) throw paramError("body", "/notify_url", "不能携带参数");
  return url;
}
