// Four languages, two themes, narrow and wide: nothing overflows, axe-core finds nothing serious, the keyboard suffices.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { downloads, give, laboratory, launch, open, overflow, press, ready, seriousFindings, serve, shoot, until, widest } from "./browser.mjs";

let server, browser;
before(async () => ([server, browser] = [await serve(), await launch()]));
after(async () => {
  await browser?.close();
  server?.close();
});

const CHAPTERS = ["padding", "step", "forward", "pooling", "backward", "network", "training"];
const LANGUAGES = { en: "Train", ru: "Обучить", zh: "开始训练", ko: "훈련 시작" };

/** A trained network, looked into and measured, so that every part of the page has something to show. */
async function used(page, start) {
  await ready(page);
  await page.$eval('#train input[type="number"]', (input) => {
    input.value = "2";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await page.$eval("#train details.more", (details) => (details.open = true));
  await press(page, start, "#train");
  await page.waitForSelector("#measure .confusion", { timeout: 120_000 });
  await page.waitForSelector("#see .matrices", { timeout: 60_000 });
}

for (const [language, start] of Object.entries(LANGUAGES)) {
  for (const [width, dark] of [[390, false], [390, true], [1280, false], [1280, true]]) {
    const name = `${language}-${width}-${dark ? "dark" : "light"}`;
    test(`${name}: no overflow, nothing serious by axe-core`, async () => {
      const page = await open(browser, server.address, { width, language: language === "zh" ? "zh-CN" : language, dark });
      await used(page, start);
      const tag = await page.evaluate(() => document.documentElement.lang);
      assert.equal(tag, language === "zh" ? "zh-Hans" : language);
      assert.equal(await overflow(page), 0, (await widest(page)).join(", "));
      await shoot(page, `lab-${name}`);
      assert.deepEqual(await seriousFindings(page), []);
      for (const chapter of CHAPTERS) {
        await page.evaluate((hash) => (location.hash = hash), `#/course/${chapter}`);
        await page.waitForSelector(".exercise");
        await new Promise((rest) => setTimeout(rest, 300));
        assert.equal(await overflow(page), 0, `${chapter}: ${(await widest(page)).join(", ")}`);
        await shoot(page, `course-${chapter}-${name}`);
        if (language === "en") assert.deepEqual(await seriousFindings(page), [], chapter);
      }
      assert.deepEqual(page.problems, []);
      await page.close();
    });
  }
}

const OPENED = { en: "The opened model", ru: "Открытая модель", zh: "已打开的模型", ko: "연 모델" };

test("a start from an opened model: no overflow and nothing serious at 390 px, in four languages", async () => {
  const folder = mkdtempSync(`${tmpdir()}/stepnet-design-`);
  const first = await laboratory(browser, server);
  const downloaded = await downloads(first, folder);
  await press(first, "Look at the untrained network", "#see");
  await until(first, () => document.querySelector("#take .controls button:enabled") !== null, 20_000);
  await press(first, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  await first.close();
  for (const [language, words] of Object.entries(OPENED)) {
    const page = await laboratory(browser, server, { width: 390, language: language === "zh" ? "zh-CN" : language });
    await give(page, "#take input[type=file]", model);
    await page.waitForSelector("#network [aria-pressed]", { timeout: 20_000 });
    await press(page, `${words} model.safetensors`, "#network");
    await page.$eval("#train details.more", (details) => (details.open = true));
    await page.$eval("#train fieldset.plain .choice:nth-last-of-type(2) select", (select) => {
      select.value = "finetune";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });
    await until(page, () => document.querySelectorAll("#train .setting").length >= 19, 5000);
    assert.equal(await overflow(page), 0, `${language}: ${(await widest(page)).join(", ")}`);
    assert.deepEqual(await seriousFindings(page), [], language);
    await shoot(page, `opened-${language}`);
    assert.deepEqual(page.problems, []);
    await page.close();
  }
  rmSync(folder, { recursive: true });
});

test("the language and the theme are switched and remembered", async () => {
  const page = await open(browser, server.address);
  await ready(page);
  await page.select(".switches .choice:last-child select", "ko");
  await until(page, () => document.documentElement.lang === "ko", 2000);
  await page.select(".switches .choice:first-child select", "dark");
  await page.reload();
  await until(page, () => document.documentElement.lang === "ko" && document.documentElement.dataset.theme === "dark", 5000);
  await page.evaluate(() => localStorage.clear());
  await page.close();
});

test("a layer is changed, a value chosen and a network trained with the keyboard alone", async () => {
  const page = await open(browser, server.address);
  await ready(page);
  /** Presses Tab until a selector has the focus. */
  const reach = async (selector) => {
    for (let presses = 0; presses < 250; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${selector} is not reached by the Tab key`);
  };
  await reach(".skip");
  await reach(".diagram button");
  await page.keyboard.press("Enter");
  await reach(".layer-form input");
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("6");
  await page.keyboard.press("Tab");
  await until(page, () => document.querySelector(".cm-content").textContent.startsWith("conv(6,"), 5000);
  await reach("#train button.primary");
  await page.keyboard.press("Enter");
  await until(page, () => document.querySelector("#train dl.facts") !== null, 20_000);
  await page.keyboard.press("Enter");
  await reach('#see [role="slider"]');
  const value = () => page.$eval('#see [role="slider"]', (slider) => slider.getAttribute("aria-valuetext"));
  const first = await value();
  await page.keyboard.press("ArrowRight");
  await until(page, (before) => document.querySelector('#see [role="slider"]').getAttribute("aria-valuetext") !== before, 5000, first);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("less motion: figures do not play by themselves", async () => {
  const page = await open(browser, `${server.address}#/course/forward`);
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await page.reload();
  await page.waitForSelector(".position button");
  assert.deepEqual(await page.$$eval(".position button", (all) => all.map((one) => one.textContent)), ["Back", "Next"]);
  await page.close();
});
