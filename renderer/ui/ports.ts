import { z } from "zod";
import type { Contract } from "../../protocol/define.ts";
import { portChannel } from "./port-channel.ts";
import type { WorkerLink } from "./worker-link.ts";

const handOverSchema = z.strictObject({ type: z.literal("bulkhead-port"), kind: z.enum(["chat", "vault"]) });

/** Listens for the ports that the preload hands over, and gives each to the link. */
export function receivePorts<C extends Contract>(kind: "chat" | "vault", link: WorkerLink<C>): void {
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    // Only this page's own window (the preload posts on it) may hand over a port.
    if (event.source !== null && event.source !== window) return;
    const message = handOverSchema.safeParse(event.data);
    const port = event.ports[0];
    if (!message.success || message.data.kind !== kind || port === undefined || event.ports.length !== 1) return;
    link.attach(portChannel(port));
  });
}
