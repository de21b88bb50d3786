/** Whose port a message of main brings; undefined unless it carries this load's nonce, because a port of the page that was here before is not ours. */
export function parsePortMessage(message: unknown, nonce: string): "chat" | "vault" | undefined {
  if (typeof message !== "object" || message === null || !("nonce" in message) || !("kind" in message) || message.nonce !== nonce)
    return undefined;
  return message.kind === "chat" || message.kind === "vault" ? message.kind : undefined;
}
