// Opens pages in a headless browser as readers do and tells, as JSON, what it saw; tests/html.rs judges it.
// Leaves out any judgement. Arguments: a file that holds {chromium, playwright, pages, shapes, diagrams, mermaid, shots}.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");

const asked = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const { chromium } = require(asked.playwright);

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const SIZES = [{ width: 360, height: 740 }, { width: 1280, height: 800 }];
const SCHEMES = ["light", "dark"];

// Listens to what a page must not do.
function watch(page, file) {
  const heard = { requests: [], errors: [], dialogs: [] };
  page.on("request", (request) => {
    if (request.url() !== "file://" + file) heard.requests.push(request.url().slice(0, 200));
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") heard.errors.push(message.text().slice(0, 300));
  });
  page.on("pageerror", (error) => heard.errors.push(String(error).slice(0, 300)));
  page.on("dialog", (dialog) => { heard.dialogs.push(dialog.message()); dialog.dismiss(); });
  return heard;
}

// Every element with its attributes: the shape that text from logs must not change.
function shape() {
  const free = ["title", "aria-label", "content", "d", "x", "y", "width", "height", "viewBox"];
  return [...document.querySelectorAll("*")].map((element) => {
    const attributes = [...element.attributes].map((a) => a.name + (free.includes(a.name) ? "" : "=" + a.value));
    return element.localName + "[" + attributes.sort().join(" ") + "]";
  });
}

async function look(browser, file) {
  const seen = { file, variants: [] };
  const open = async (options) => {
    const context = await browser.newContext({ offline: true, ...options });
    const page = await context.newPage();
    const heard = watch(page, file);
    await page.goto("file://" + file);
    return { context, page, heard };
  };
  for (const viewport of SIZES) {
    for (const colorScheme of SCHEMES) {
      const { context, page, heard } = await open({ viewport, colorScheme });
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      const folded = await wide();
      if (asked.shots) {
        const name = [path.basename(path.dirname(file)), path.basename(file, ".html"), viewport.width, colorScheme].join("-");
        // A picture of a page of a megabyte takes minutes and shows nothing new.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        if (height < 25000) await page.screenshot({ path: path.join(asked.shots, name + ".png"), fullPage: true });
      }
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
      seen.variants.push({ width: viewport.width, colorScheme, folded, unfolded: await wide(), ...heard });
      await context.close();
    }
  }
  {
    const { context, page, heard } = await open({ viewport: SIZES[1], permissions: ["clipboard-read", "clipboard-write"] });
    seen.shape = await page.evaluate(shape);
    seen.ran = await page.evaluate(() => Boolean(window.ran));
    seen.text = await page.evaluate(() => document.querySelector("main").textContent);
    seen.copies = await page.evaluate(() => document.querySelectorAll("[data-copy]").length);
    seen.copyButtons = await page.locator("[data-copy] > button").count();
    await page.locator("[data-copy=command] > button").click();
    await page.waitForFunction(() => document.querySelector("[role=status]").textContent !== "");
    seen.copied = await page.evaluate(() => navigator.clipboard.readText());
    seen.told = await page.evaluate(() => document.querySelector("[role=status]").textContent);
    const details = page.locator("details:not([open])");
    if (await details.count() > 0) {
      const handle = await details.first().elementHandle();
      const isOpen = () => handle.evaluate((element) => element.open);
      await (await handle.$("summary")).focus();
      await page.keyboard.press("Enter");
      const opened = await isOpen();
      await page.keyboard.press("Space");
      seen.keyboard = opened && !(await isOpen());
    } else {
      seen.keyboard = true;
    }
    await page.emulateMedia({ media: "print" });
    seen.hiddenInPrint = await page.evaluate(() => [...document.querySelectorAll("details > :not(summary)")]
      .filter((element) => !element.checkVisibility() || element.getBoundingClientRect().height < 1).length);
    seen.shownButtonsInPrint = await page.evaluate(() => [...document.querySelectorAll("button")]
      .filter((element) => element.checkVisibility()).length);
    seen.pdf = (await page.pdf({ format: "A4" })).length;
    if (asked.shots) {
      const name = path.basename(path.dirname(file)) + "-" + path.basename(file, ".html") + ".pdf";
      await page.pdf({ format: "A4", path: path.join(asked.shots, name) });
    }
    seen.heard = heard;
    await context.close();
  }
  {
    const { context, page, heard } = await open({ viewport: SIZES[0], javaScriptEnabled: false });
    const summaries = page.locator("details:not([open]) > summary");
    let clicks = 0;
    while (await summaries.count() > 0 && clicks < 200) {
      await summaries.first().click();
      clicks += 1;
    }
    seen.plain = await page.evaluate(() => ({
      buttons: document.querySelectorAll("button").length,
      hidden: [...document.querySelectorAll("main *")].filter((element) => !element.checkVisibility()).map((e) => e.localName),
      text: document.querySelector("main").textContent,
    }));
    seen.plain.heard = heard;
    await context.close();
  }
  return seen;
}

// The shape of a page and what it did meanwhile, without trying its parts.
async function glance(browser, file) {
  const context = await browser.newContext({ offline: true, viewport: SIZES[1] });
  const page = await context.newPage();
  const heard = watch(page, file);
  await page.goto("file://" + file);
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  await page.mouse.move(400, 300);
  const seen = { file, shape: await page.evaluate(shape), ran: await page.evaluate(() => Boolean(window.ran)), ...heard };
  await context.close();
  return seen;
}

async function draw(browser) {
  const page = await browser.newPage();
  await page.setContent("<!doctype html><title>x</title>");
  await page.addScriptTag({ path: asked.mermaid });
  return page.evaluate(async (diagrams) => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const drawn = [];
    for (const [at, text] of diagrams.entries()) {
      try {
        await mermaid.parse(text);
        const holder = document.createElement("div");
        holder.innerHTML = (await mermaid.render("d" + at, text)).svg;
        holder.querySelectorAll("br").forEach((br) => br.replaceWith(" "));
        const labels = [...holder.querySelectorAll(".node .nodeLabel")].map((label) => label.textContent);
        const acting = [...holder.querySelectorAll("script, img, a, iframe, object, [onclick], [onerror]")];
        drawn.push({ labels, acting: acting.map((element) => element.outerHTML.slice(0, 200)) });
      } catch (error) {
        drawn.push({ fault: String(error).slice(0, 500) });
      }
    }
    return drawn;
  }, asked.diagrams);
}

async function main() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "look-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: asked.chromium, headless: true, chromiumSandbox: false, args: FLAGS,
  }).then((context) => context.browser() || context);
  const told = { pages: [], shapes: [], diagrams: [] };
  try {
    for (const file of asked.pages || []) told.pages.push(await look(browser, file));
    for (const file of asked.shapes || []) told.shapes.push(await glance(browser, file));
    if (asked.mermaid && asked.diagrams) told.diagrams = await draw(browser);
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  process.stdout.write(JSON.stringify(told));
}

// A browser that hangs must not hang the tests.
setTimeout(() => { console.error("the browser took more than four minutes"); process.exit(1); }, 240_000).unref();
main().catch((error) => { console.error(error); process.exit(1); });
