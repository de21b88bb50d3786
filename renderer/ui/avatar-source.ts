/** Where pictures come from; null until one is there, and for ever where there is none. */
export interface AvatarSource {
  picture(mxc: string): string | null;
  subscribe(listener: () => void): () => void;
}
