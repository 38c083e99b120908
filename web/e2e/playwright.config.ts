import { defineConfig } from "@playwright/test";

/** The default is Debian's. */
const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  // One at a time, once: what fails now and then is a fault to be found, and times are measured.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  outputDir: "../test-results",
  reporter: [["list"]],
  use: {
    locale: "en-US",
    timezoneId: "Asia/Shanghai",
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "tests", testDir: "tests" },
    { name: "screenshots", testDir: "screenshots" },
    { name: "bench", testDir: "bench", timeout: 600_000, use: { trace: "off" } },
  ],
});
