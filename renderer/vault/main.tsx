import "../../protocol/no-eval.ts";
import "@fontsource-variable/inter/index.css";
import "../ui/styles/tokens.css";
import "../ui/styles/base.css";
import "../ui/styles/buttons.css";
import "../ui/styles/fields.css";
import "../ui/styles/notes.css";
import "../ui/styles/overlays.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { vaultContract } from "../../protocol/vault.ts";
import { receivePorts } from "../ui/ports.ts";
import { shellOf } from "../ui/shell.ts";
import { TextProvider } from "../ui/text.tsx";
import { applyTheme } from "../ui/theme.ts";
import { WorkerLink } from "../ui/worker-link.ts";
import { Vault } from "./state/vault.ts";
import { VaultApp } from "./vault-app.tsx";

const { bulkhead } = window;
const root = document.getElementById("root");
if (bulkhead === undefined || root === null) throw new Error("the page was opened outside of the app");

applyTheme("system");
const shell = shellOf(bulkhead.shell);
const vault = new Vault(new WorkerLink(vaultContract), shell);
receivePorts("vault", vault.link);
void shell.call("settings", {}).then((answer) => answer.ok && applyTheme(answer.value.theme));
shell.on("settingsChanged", ({ theme }) => applyTheme(theme));
vault.start();
createRoot(root).render(
  <StrictMode>
    <TextProvider>
      <VaultApp vault={vault} />
    </TextProvider>
  </StrictMode>,
);
