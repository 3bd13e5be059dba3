import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { CHAPTERS, Course } from "./course/course";
import { Choice } from "./figure/choice";
import { themes } from "./figure/curves";
import { chooseLanguage, language, LANGUAGES, t } from "./language";
import { licences } from "./inlined";
import { Laboratory } from "./lab/lab";
import { lab } from "./lab/state";
import { remember, remembered } from "./memory";
import { useStore } from "./store";

type Theme = "auto" | "light" | "dark";

function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  themes.set(themes.value + 1);
}

function keptTheme(): Theme {
  const kept = remembered("theme");
  return kept === "light" || kept === "dark" ? kept : "auto";
}

function useAddress(): string {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

/** The page: the header, and the laboratory or the course below it. */
export function App(): JSX.Element {
  const current = useStore(language);
  const hash = useAddress();
  const course = hash.startsWith("#/course");
  const chapter = hash.split("/")[2] ?? CHAPTERS[0].name;
  useEffect(() => {
    document.documentElement.lang = LANGUAGES.find((one) => one.code === current)!.tag;
    document.title = course ? `${t("course-title")} · Stepnet` : t("page-title");
  }, [current, course]);
  useEffect(() => scrollTo(0, 0), [course, chapter]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        {t("page-skip")}
      </a>
      <header>
        <strong class="brand">Stepnet</strong>
        <nav aria-label={t("page-parts")}>
          <a href="#/lab" aria-current={course ? undefined : "page"}>
            {t("page-lab")}
          </a>
          <a href={`#/course/${CHAPTERS[0].name}`} aria-current={course ? "page" : undefined}>
            {t("page-course")}
          </a>
        </nav>
        <Switches />
      </header>
      <main id="main">
        {course && <Course name={chapter} />}
        {/* The laboratory stays: a training goes on, and what was drawn is kept. */}
        <div hidden={course}>
          <Laboratory />
        </div>
      </main>
      <Footer />
    </>
  );
}

function Footer(): JSX.Element {
  const { about } = useStore(lab);
  return (
    <footer>
      <p>{t("page-footer")}</p>
      <p>
        {about && t("page-engine", { version: about.version, set: about.instructionSet, threads: about.threads })}{" "}
        <a href={licences()} target="_blank" rel="noreferrer">
          {t("page-licences")}
        </a>
      </p>
    </footer>
  );
}

/** The address stays as it is: it says which part of the page is shown. */
function skip(event: Event): void {
  event.preventDefault();
  const main = document.getElementById("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

function Switches(): JSX.Element {
  const [theme, setTheme] = useState<Theme>(keptTheme);
  useEffect(() => {
    applyTheme(theme);
    const media = matchMedia("(prefers-color-scheme: dark)");
    const changed = () => themes.set(themes.value + 1);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [theme]);
  return (
    <div class="switches">
      <Choice
        label={t("page-theme")}
        value={theme}
        options={[
          ["auto", t("theme-auto")],
          ["light", t("theme-light")],
          ["dark", t("theme-dark")],
        ]}
        onChange={(chosen) => {
          remember("theme", chosen);
          setTheme(chosen);
        }}
      />
      <Choice
        label={t("page-language")}
        value={language.value}
        options={LANGUAGES.map((one) => [one.code, one.name] as const)}
        onChange={chooseLanguage}
      />
    </div>
  );
}
