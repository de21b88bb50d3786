import type { ChatContract } from "../../../protocol/chat.ts";
import type { Handlers } from "../../../protocol/rpc.ts";
import type { AccountHost } from "../../client/account-host.ts";
import type { Client } from "../../client/client.ts";
import { roomIdOf, userIdOf } from "../ids.ts";

type Verbs =
  "beginAttachment" | "appendAttachment" | "discardAttachment" | "sendAttachment" | "openAttachment" | "readAttachment" | "closeAttachment";

/** The files that one port has begun or opened; they go with it. */
export class PortFiles {
  readonly begun = new Set<string>();
  readonly opened = new Set<string>();

  drop(client: Client): void {
    for (const attachmentId of this.begun) client.attachments.discard(attachmentId);
    for (const transferId of this.opened) client.media.downloads.close(transferId);
    this.forget();
  }

  /** The account that they belonged to is closed. */
  forget(): void {
    this.begun.clear();
    this.opened.clear();
  }
}

export function mediaHandlers(host: AccountHost, files: PortFiles): Pick<Handlers<ChatContract>, Verbs> {
  return {
    beginAttachment: async ({ roomId, ...about }) => {
      const attachmentId = await host.client.attachments.begin(roomIdOf(roomId), about);
      files.begun.add(attachmentId);
      return { attachmentId };
    },
    appendAttachment: async ({ attachmentId, bytes }) => {
      await host.client.attachments.append(attachmentId, bytes);
      return {};
    },
    discardAttachment: ({ attachmentId }) => {
      files.begun.delete(attachmentId);
      host.client.attachments.discard(attachmentId);
      return {};
    },
    sendAttachment: async ({ attachmentId, ...finish }) => {
      for (const userId of finish.mentions) userIdOf(userId);
      const itemId = await host.client.attachments.send(attachmentId, finish);
      files.begun.delete(attachmentId);
      return { itemId };
    },
    openAttachment: async ({ roomId, id, ...wanted }, { signal }) => {
      const opened = await host.client.media.downloads.open(roomIdOf(roomId), id, wanted, signal);
      if (signal.aborted) host.client.media.downloads.close(opened.transferId);
      else files.opened.add(opened.transferId);
      return opened;
    },
    readAttachment: async ({ transferId, offset }) => ({ bytes: await host.client.media.downloads.read(transferId, offset) }),
    closeAttachment: ({ transferId }) => {
      files.opened.delete(transferId);
      host.client.media.downloads.close(transferId);
      return {};
    },
  };
}
