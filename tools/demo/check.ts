import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright";
import type { Homeserver } from "../homeserver/homeserver.ts";
import type { Ada } from "./ada.ts";
import type { DemoApp } from "./demo-app.ts";
import {
  acceptInvitation,
  askToVerify,
  closeVault,
  confirmEmoji,
  createPassphraseIfAsked,
  expectMessage,
  expectRoomList,
  isVaultAsked,
  openRoom,
  signIn,
  unlock,
  write,
} from "./drive.ts";
import { Steps } from "./steps.ts";

export type CheckDeps = {
  readonly homeserver: Homeserver;
  readonly ada: Ada;
  readonly you: { readonly user: string; readonly userId: string; readonly password: string };
  /** Opens the app on the demo's profile. */
  readonly launch: () => Promise<DemoApp>;
  /** For the screenshots. */
  readonly output: string;
};

const HELLO = "Hello! This came to you end-to-end encrypted.";
const ANSWER = "Hello Ada, I can read you.";

/** The main job without a person. Throws `StepFailed` at the first step that does not hold. */
export async function runCheck({ homeserver, ada, you, launch, output }: CheckDeps): Promise<void> {
  const steps = new Steps();
  const look = screenshots(output);
  let app = await steps.run("the app opens", launch);
  try {
    let page = await app.chatPage();
    page.setDefaultTimeout(15_000);
    await steps.run("sign in", async () => {
      await look(page, "sign-in");
      await signIn(page, you.user, you.password);
      // Where there is a keychain, no passphrase is asked for.
      await createPassphraseIfAsked(app, page, look);
      await expectRoomList(page);
    });

    const roomId = await steps.run("ada invites you to an encrypted chat", () => ada.invite(you.userId));
    await steps.run("you accept", async () => {
      await acceptInvitation(page);
      await ada.waitForMember(roomId, you.userId, 15_000);
      await openRoom(page, "Ada");
    });
    await steps.run("you read ada's encrypted message", async () => {
      await ada.say(roomId, HELLO);
      await expectMessage(page, HELLO);
      await look(page, "conversation");
    });
    await steps.run("you answer, and ada decrypts it", async () => {
      await write(page, ANSWER);
      await expectMessage(page, ANSWER);
      if (!(await ada.hears(roomId, ANSWER, 15_000)).decrypted) throw new Error("your answer went out unencrypted");
    });
    await steps.run("ada's own answer arrives", async () => {
      await expectMessage(page, `“${ANSWER}”: I could read that. The server could not, it only saw ciphertext.`);
      await look(page, "answered");
    });
    await steps.run("you verify ada by emoji in the vault", async () => {
      const [ours, { flowId, emoji }] = await Promise.all([askToVerify(app, page, "Ada", look), ada.acceptsVerification(30_000)]);
      const same =
        emoji.length === 7 && emoji.every(([symbol, name], place) => ours[place]?.includes(symbol) === true && ours[place]?.includes(name));
      if (!same) throw new Error("you and ada see other emoji");
      await Promise.all([confirmEmoji(app, look), ada.confirms(flowId, 30_000)]);
      await closeVault(app);
    });
    await steps.run("the server has seen ciphertext only", () => {
      const events = JSON.stringify(homeserver.acceptedEvents(roomId));
      if (events.includes(HELLO) || events.includes(ANSWER) || !events.includes("m.megolm.v1.aes-sha2"))
        throw new Error("clear text on the server");
      return Promise.resolve();
    });

    app = await steps.run("restart", async () => {
      await app.close();
      return launch();
    });
    page = await app.chatPage();
    page.setDefaultTimeout(15_000);
    await steps.run("history is still readable", async () => {
      if (await isVaultAsked(app, page)) await unlock(app, look);
      await expectRoomList(page);
      await openRoom(page, "Ada");
      await expectMessage(page, HELLO);
      await expectMessage(page, ANSWER);
      await look(page, "after-restart");
    });
  } catch (error) {
    await look(await app.chatPage(), "failed").catch(() => undefined);
    throw error;
  } finally {
    await app.close();
  }
  console.log(`${steps.summary()}; screenshots in ${output}`);
}

function screenshots(output: string): (page: Page, name: string) => Promise<void> {
  mkdirSync(output, { recursive: true });
  for (const name of readdirSync(output)) if (name.endsWith(".png")) rmSync(join(output, name));
  let n = 0;
  return async (page, name) => {
    n++;
    await page.screenshot({ path: join(output, `${String(n).padStart(2, "0")}-${name}.png`) });
  };
}
