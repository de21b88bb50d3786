/** Reactions that are one press away. */
export const QUICK_REACTIONS: readonly string[] = ["👍", "❤️", "😂"];
