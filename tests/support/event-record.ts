/** The fields of an event record that most events have nothing in. */
export const BARE_EVENT = {
  stateKey: undefined,
  prevContent: undefined,
  source: undefined,
  sessionId: undefined,
  utdCode: undefined,
  withheldCode: undefined,
  senderMembership: undefined,
  shield: undefined,
  forwarder: undefined,
  relation: undefined,
  relatesTo: undefined,
} as const;
