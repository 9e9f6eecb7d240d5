import type { Gateway } from "../../lib/open-gateway.ts";
import type { Provider } from "../../lib/payment/provider.ts";

/** A gateway whose provider does some of its calls in another way: what the simulators cannot be asked to do. */
export function withAdapter(gateway: Gateway, changed: (adapter: Provider) => Partial<Provider>): Gateway {
  const of: Gateway["configs"]["of"] = async (payment) => {
    const config = await gateway.configs.of(payment);
    return { ...config, adapter: { ...config.adapter, ...changed(config.adapter) } };
  };
  return { ...gateway, configs: { ...gateway.configs, of } };
}
