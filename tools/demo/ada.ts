import { z } from "zod";
import { HeadlessProcess } from "../headless/headless-process.ts";

const ANSWERS: readonly ((text: string) => string)[] = [
  (text) => `“${text}”: I could read that. The server could not, it only saw ciphertext.`,
  () => "By the way, I am a second Bulkhead, without windows: the same crypto worker, driven over JSON-RPC.",
  (text) => `“${text}”, you say. My keys for this room came from your device, encrypted for mine alone.`,
  () => "Try closing the app and opening it again: our history stays readable.",
];

const messageSchema = z.object({
  roomId: z.string(),
  eventId: z.string(),
  sender: z.string(),
  body: z.string().optional(),
  decrypted: z.boolean(),
});
type Message = z.infer<typeof messageSchema>;

/** The other person of the demo: a headless client that starts a conversation and answers what it can decrypt. */
export class Ada {
  readonly #client: HeadlessProcess;
  readonly #answered = new Set<string>();
  #userId = "";

  constructor(profileDir: string, onLog: (line: string) => void) {
    this.#client = new HeadlessProcess(profileDir, { onLog });
    this.#client.on("message", (params) => {
      const message = messageSchema.safeParse(params);
      if (message.success) void this.#answer(message.data);
    });
  }

  async signIn(homeserver: string, password: string): Promise<void> {
    const { userId } = await this.#client.call(
      "login",
      { homeserver, user: "ada", password, deviceName: "Ada's terminal" },
      z.object({ userId: z.string(), deviceId: z.string() }),
    );
    this.#userId = userId;
    await this.#client.call("setDisplayName", { name: "Ada" }, z.unknown());
  }

  /** Starts an encrypted direct chat. */
  async invite(userId: string): Promise<string> {
    const params = { encrypted: true, direct: true, preset: "trusted_private_chat", invite: [userId] };
    const { roomId } = await this.#client.call("createRoom", params, z.object({ roomId: z.string() }));
    await this.#client.call("watch", { roomId }, z.unknown());
    return roomId;
  }

  /** Waits until someone has accepted the invitation. */
  async waitForMember(roomId: string, userId: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const schema = z.array(z.object({ userId: z.string(), membership: z.string() }));
    for (;;) {
      const members = await this.#client.call("members", { roomId }, schema);
      if (members.some((member) => member.userId === userId && member.membership === "join")) return;
      if (Date.now() > deadline) throw new Error("nobody joined ada's room");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async say(roomId: string, body: string): Promise<void> {
    await this.#client.call("send", { roomId, body }, z.object({ eventId: z.string() }));
  }

  /** Resolves once a message with this text has been decrypted; answers whether it came encrypted. */
  async hears(roomId: string, body: string, timeoutMs: number): Promise<{ decrypted: boolean }> {
    return this.#client.call("waitForMessage", { roomId, body, timeoutMs }, z.object({ decrypted: z.boolean() }));
  }

  /** Accepts the first verification that she is asked for, and answers with the names of the emoji that she sees. */
  async acceptsVerification(
    timeoutMs: number,
  ): Promise<{ readonly flowId: string; readonly emoji: readonly (readonly [string, string])[] }> {
    const { flowId } = await this.#client.call("waitForVerification", { state: "requested", timeoutMs }, z.object({ flowId: z.string() }));
    await this.#client.call("acceptVerification", { flowId }, z.unknown());
    const { emoji } = await this.#client.call("sasEmoji", { flowId }, z.object({ emoji: z.array(z.tuple([z.string(), z.string()])) }));
    return { flowId, emoji };
  }

  /** They are the same; resolves once the other side has said so too. */
  async confirms(flowId: string, timeoutMs: number): Promise<void> {
    await this.#client.call("confirmSas", { flowId }, z.unknown());
    await this.#client.call("waitForVerification", { flowId, state: "done", timeoutMs }, z.unknown());
  }

  /** For the tour: takes part in a verification, and says in the chat what she sees, as one would on the telephone. */
  async playsVerification(roomId: string): Promise<void> {
    const { flowId, emoji } = await this.acceptsVerification(3_600_000);
    await this.say(
      roomId,
      `I see ${emoji.map(([symbol, name]) => `${symbol} ${name}`).join(", ")}. If you see the same, say that they match.`,
    );
    await this.confirms(flowId, 600_000);
    await this.say(roomId, "Now you know that it is me, and I know that it is you.");
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }

  /** A message is announced again when something about it changes; it is answered once. */
  async #answer(message: Message): Promise<void> {
    if (message.sender === this.#userId || message.body === undefined || !message.decrypted || this.#answered.has(message.eventId)) return;
    this.#answered.add(message.eventId);
    const answer = ANSWERS[(this.#answered.size - 1) % ANSWERS.length];
    if (answer !== undefined) await this.say(message.roomId, answer(message.body.slice(0, 200)));
  }
}
