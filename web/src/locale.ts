// Chromium in a POSIX locale calls its language `en-US@posix`, which `Intl` refuses, and uPlot asks for it while it loads:
// imported before everything else, this gives such a browser a language that exists.
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
