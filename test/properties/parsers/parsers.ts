import { kits } from "../../kits/kits.ts";
import { messageParsers } from "./messages.ts";
import type { Parser } from "./parser.ts";
import { requestParsers } from "./requests.ts";
import { settingParsers } from "./settings.ts";

const ofProviders = await Promise.all(Object.values(kits).map(({ parsers }) => parsers()));

/** All parsers of data that others have written. */
export const parsers: readonly Parser[] = [
  ...requestParsers,
  ...ofProviders.flat(),
  ...messageParsers,
  ...settingParsers,
];
