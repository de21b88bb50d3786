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
import { receivePorts } from "../ui/ports.ts";
import { shellOf } from "../ui/shell.ts";
import { applyTheme } from "../ui/theme.ts";
import { App } from "./app.tsx";
import { Session } from "./state/session.ts";

const { bulkhead } = window;
const root = document.getElementById("root");
if (bulkhead === undefined || root === null) throw new Error("the page was opened outside of the app");

applyTheme("system");
const session = new Session(shellOf(bulkhead.shell));
receivePorts("chat", session.link);
createRoot(root).render(
  <StrictMode>
    <App session={session} />
  </StrictMode>,
);
void session.start();
