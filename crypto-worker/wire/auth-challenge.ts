import { arrayField, isJsonObject, objectField, stringArrayField, stringField, type JsonObject } from "./json.ts";

/** What a server asks for before it does something: any one flow, all of its stages (client-server API §User-interactive authentication). */
export type AuthChallenge = {
  /** To be given back with every stage; a server may do without. */
  readonly session: string | undefined;
  readonly flows: readonly (readonly string[])[];
  readonly completed: readonly string[];
  /** By stage. */
  readonly params: JsonObject;
};

const MAX_FLOWS = 32;
const MAX_STAGES = 16;
const MAX_STAGE_LENGTH = 255;
const MAX_SESSION_LENGTH = 1024;

/** The body of a 401; undefined where it is about something else, such as the access token. */
export function parseAuthChallenge(body: JsonObject): AuthChallenge | undefined {
  const flows = arrayField(body, "flows");
  if (flows === undefined) return undefined;
  const session = stringField(body, "session");
  if (session !== undefined && (session.length === 0 || session.length > MAX_SESSION_LENGTH)) return undefined;
  return {
    session,
    flows: flows.slice(0, MAX_FLOWS).flatMap((flow) => {
      const stages = isJsonObject(flow) ? stringArrayField(flow, "stages") : undefined;
      return stages === undefined || stages.length > MAX_STAGES || stages.some(isTooLong) ? [] : [stages];
    }),
    completed: (stringArrayField(body, "completed") ?? []).slice(0, MAX_STAGES),
    params: objectField(body, "params") ?? {},
  };
}

const isTooLong = (stage: string): boolean => stage.length > MAX_STAGE_LENGTH;
