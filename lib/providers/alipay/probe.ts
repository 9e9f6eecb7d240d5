import type { AlipayClient } from "./client.ts";
import { outcomeOf } from "./outcome.ts";

/** Has the form of our order numbers, but a date before the gateway existed: no trade can have it. */
const nobodysOrder = "UNI00000000000000000000000000000";

const wrongs: Record<string, string> = {
  "isv.invalid-app-id":
    "Alipay knows no application with this app_id (in the console that is_production means)",
  "isv.invalid-signature":
    "private_key does not belong to the public key that was uploaded for the application",
  "isv.insufficient-isv-permissions":
    "the application may not ask about trades: add its product in the console",
};

/** Queries a trade that cannot exist: Alipay's signed "no such trade" arrives only if both keys are right. */
export async function probe(client: AlipayClient): Promise<string | null> {
  const said = await client.call("alipay.trade.query", { out_trade_no: nobodysOrder });
  if (said.kind === "unverified") {
    const wrong = wrongs[said.code];
    if (wrong) return wrong;
    if (said.otherKey)
      return "public_key is not the one that Alipay signs with for this application (支付宝公钥)";
    return `the keys could not be tried: ${said.why}`;
  }
  const outcome = outcomeOf(said);
  if (outcome.kind === "done") return null;
  if (outcome.kind === "unknown") return `the keys could not be tried: ${outcome.why}`;
  const { code } = outcome.error;
  if (code === "ACQ.TRADE_NOT_EXIST") return null;
  if (code === "ACQ.SYSTEM_ERROR") return `the keys could not be tried: Alipay: ${code}`;
  return wrongs[code] ?? `Alipay refuses the application: ${code}`;
}
