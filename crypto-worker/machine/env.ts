/** Everything from the outside world that the machine may use besides its store. Passed in, so that any run can be replayed. */
export type Env = {
  /** Milliseconds since the epoch. May jump, also backwards. */
  now(): number;
  /** From a cryptographically secure source. */
  randomBytes(length: number): Uint8Array;
};
