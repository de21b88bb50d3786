import { beforeAll, expect, test } from "vitest";
import { must } from "../../../tests/support/megolm-world.ts";
import { parseDeviceId, parseUserId } from "../../../protocol/ids.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import { systemEnv } from "../../primitives/system-env.ts";
import { openMemoryStore } from "../../store/store.ts";
import { parseDeviceKeys } from "../../wire/device-keys.ts";
import { OlmAccount } from "./olm-account.ts";
import { OwnDeviceKeys } from "./own-device-keys.ts";

beforeAll(() => loadOlm());

test("are signed by the device, made once, and made anew in both forms after a signature came", () => {
  const [userId, deviceId] = [must(parseUserId("@alice:example.org")), must(parseDeviceId("A"))];
  const { account } = OlmAccount.open(openMemoryStore(), systemEnv, userId, deviceId);
  let signatures = 0;
  const keys = new OwnDeviceKeys(account, (json) => {
    signatures += 1;
    return { ...json, unsigned: { signatures } };
  });
  expect(parseDeviceKeys(keys.json(), { userId, deviceId })).toMatchObject({ ok: true, value: account.identityKeys });
  expect(JSON.parse(keys.text())).toEqual(keys.json());
  expect(keys.json()).toMatchObject({ unsigned: { signatures: 1 } });
  keys.invalidate();
  expect([keys.json(), JSON.parse(keys.text())]).toMatchObject([{ unsigned: { signatures: 2 } }, { unsigned: { signatures: 2 } }]);
  keys.invalidate();
  expect([JSON.parse(keys.text()), keys.json()]).toMatchObject([{ unsigned: { signatures: 3 } }, { unsigned: { signatures: 3 } }]);
  expect(signatures).toBe(3);
});
