import { invoked } from "../lib/http/invoked.ts";
import { sweep } from "../lib/maintenance/sweep.ts";
import { openGateway } from "../lib/open-gateway.ts";

export const handler = invoked(() => sweep(openGateway()));
