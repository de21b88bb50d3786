import { z } from "zod";
import { CodedError } from "../../../protocol/errors.ts";
import { roomIdSchema, userIdSchema } from "../../../protocol/messages/text.ts";
import { method, type Methods } from "./method.ts";

const nothing = z.strictObject({});
const room = z.strictObject({ roomId: roomIdSchema });

export const roomMethods: Methods = {
  createRoom: method(
    z.strictObject({
      name: z.string().max(255).optional(),
      topic: z.string().max(4096).optional(),
      encrypted: z.boolean(),
      invite: z.array(userIdSchema).max(100).optional(),
      preset: z.enum(["private_chat", "trusted_private_chat", "public_chat"]).optional(),
      direct: z.boolean().optional(),
      rotationPeriodMsgs: z.int().min(1).optional(),
      rotationPeriodMs: z.int().min(1).optional(),
      historyVisibility: z.enum(["world_readable", "shared", "invited", "joined"]).optional(),
    }),
    (app, params) => app.ask("createRoom", { ...params, invite: params.invite ?? [], direct: params.direct ?? false }),
  ),
  invite: method(z.strictObject({ roomId: roomIdSchema, userId: userIdSchema }), (app, params) => app.ask("invite", params)),
  join: method(z.strictObject({ roomId: z.string().min(1).max(255), userId: userIdSchema.optional() }), (app, { roomId }) =>
    app.ask("join", { roomIdOrAlias: roomId }),
  ),
  leave: method(room, (app, params) => app.ask("leave", params)),
  kick: method(z.strictObject({ roomId: roomIdSchema, userId: userIdSchema }), (app, params) => app.ask("kick", params)),
  rooms: method(nothing, async (app) =>
    (await app.ask("rooms", {})).map(({ roomId, name, encrypted, membership }) => ({ roomId, name, encrypted, membership })),
  ),
  members: method(room, async (app, params) =>
    (await app.ask("members", params)).map(({ userId, membership, displayName }) => ({ userId, membership, displayName })),
  ),
  search: method(
    z.strictObject({ query: z.string().min(1).max(512), roomId: roomIdSchema.optional(), limit: z.int().min(1).max(100).optional() }),
    async (app, { query, roomId, limit }) => ({
      results: await app.ask("search", { query, limit: limit ?? 50, ...(roomId === undefined ? {} : { roomId }) }),
    }),
  ),
  setDisplayName: method(z.strictObject({ name: z.string().max(255) }), (app, params) => app.ask("setDisplayName", params)),
  enableEncryption: method(room, async (app, params) => {
    const known = (await app.ask("rooms", {})).find(({ roomId }) => roomId === params.roomId);
    if (known === undefined) throw new CodedError("not-found");
    return app.ask("enableEncryption", params);
  }),
};
