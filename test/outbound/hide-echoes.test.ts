import { expect, it } from "vitest";
import { hideEchoes } from "../../lib/outbound/hide-echoes.ts";

const token = "abcdefgh12345678";

it.each([
  ["as it was sent", token, `got ${token}`],
  ["in JSON", token, `{"got":"${token}"}`],
  ["with each sign escaped", token, `got ${[...token].join("%2d")}`],
  ["behind a per cent sign that makes an escape of its beginning", token, `100%${token}`],
  ["behind a backslash that makes an escape of its beginning", `n${token}`, `got \\n${token}`],
  ["between signs that make an entity of it", "abcdefgh", "?a&abcdefgh;"],
])("a credential that comes back %s is hidden", (_how, sent, text) => {
  const shown = hideEchoes(text, [sent]);
  expect(shown).toContain("[redacted]");
  expect(shown).not.toContain(sent);
});
