import { join } from "node:path";
import type { CheckDeps } from "./check.ts";
import { acceptInvitation, createPassphraseIfAsked, DEMO_PASSPHRASE, expectRoomList, signIn } from "./drive.ts";

/** The demo for a person: signs `you` in, accepts ada's invitation, and leaves the app to whoever sits before it. Ends with the app. */
export async function runTour({ ada, you, launch, output }: CheckDeps): Promise<void> {
  const app = await launch();
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  const noLook = (): Promise<void> => Promise.resolve();
  try {
    const page = await app.chatPage();
    await signIn(page, you.user, you.password);
    await createPassphraseIfAsked(app, page, noLook);
    await expectRoomList(page);
    const roomId = await ada.invite(you.userId);
    await acceptInvitation(page);
    await ada.waitForMember(roomId, you.userId, 30_000);
    await ada.say(roomId, "Hello! This came to you end-to-end encrypted. Write something, I will answer. Or verify me: click on my name.");
    // It ends with the app, at the latest.
    ada.playsVerification(roomId).catch((error: unknown) => console.error(`ada's verification ended: ${String(error)}`));
    await page.screenshot({ path: join(output, "demo.png") });
    console.log(
      `You are signed in as ${you.userId}; ada answers. The passphrase of this profile is “${DEMO_PASSPHRASE}”. Close the window or press Ctrl+C to end.`,
    );
    await Promise.race([app.exited, interrupted]);
  } finally {
    await app.close();
  }
}
