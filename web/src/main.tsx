import "./locale";

import { render } from "preact";

import { App } from "./app";
import { deliver, provideEngines } from "./engine";
import { Engine, type EngineOptions } from "./engine/client";
import { workerSource } from "./inlined";
import { begin, check } from "./lab/actions";
import { openFromCommand } from "./lab/command";
import { fromLink } from "./lab/link";
import { fromCommand } from "./lab/served";
import { lab } from "./lab/state";
import { keepOffline } from "./offline";

async function start(more: Partial<EngineOptions>): Promise<Engine> {
  const [engine, about] = await Engine.start({ ...(await workerSource()), ...more });
  lab.patch({ about });
  return engine;
}

provideEngines(
  () => start({ onEvent: deliver, onDied: (error) => lab.patch({ error: error.message }) }),
  () => start({}),
);

function follow(): void {
  lab.patch(fromLink(location.hash));
}

follow();
addEventListener("hashchange", () => {
  if (!location.hash.startsWith("#/lab?")) return;
  follow();
  void check(lab.value.text);
});
render(<App />, document.getElementById("app")!);
void begin().then(() => openFromCommand(location.search));
// What the command serves is the user's own: the browser is not to keep it.
if (!fromCommand(location.search)) keepOffline();
