import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

export interface TestBrowser {
  readonly page: Page;
  stop(): Promise<void>;
}

/** The system's Chromium without a window, as if it had just been installed, with a page open. */
export async function startBrowser(): Promise<TestBrowser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`${CHROMIUM} is missing, and these tests run in a real browser: install it with "apt-get install chromium".`);
  }
  const profile = mkdtempSync(join(tmpdir(), 'browser-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    chromiumSandbox: false,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  return {
    page: context.pages()[0] ?? await context.newPage(),
    async stop() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
