/**
 * Names of the ipc channels between main and a page's preload. `hello` starts every load of a page with a nonce that only its preload and main know;
 * `rpc` carries the shell contract; `wantPort` says that the page listens, and `port` brings its port to the worker, with the nonce.
 */
export const ipcChannels = {
  hello: "bulkhead:hello",
  rpc: "bulkhead:rpc",
  wantPort: "bulkhead:want-port",
  port: "bulkhead:port",
} as const;
