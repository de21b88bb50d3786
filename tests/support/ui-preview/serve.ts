import { bundlePreview, servePreview } from "./bundle.ts";

await bundlePreview();
const { url } = await servePreview(5199);
console.log(`${url}/chat.html?scene=room\n${url}/vault.html?scene=unlock`);
