import type { Provider } from "../../lib/domain/provider.ts";
import type { Gateway } from "../../lib/gateway.ts";

/** A gateway with some methods of the provider adapter replaced, for behaviour that the simulators do not offer. */
export function withAdapter(gateway: Gateway, changed: (adapter: Provider) => Partial<Provider>): Gateway {
  const of: Gateway["configs"]["of"] = async (payment) => {
    const config = await gateway.configs.of(payment);
    return { ...config, adapter: { ...config.adapter, ...changed(config.adapter) } };
  };
  return { ...gateway, configs: { ...gateway.configs, of } };
}
