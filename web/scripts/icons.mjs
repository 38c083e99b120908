// Draws public/icons: `npm run icons`, when the goose has changed.
import { mkdirSync, writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";

const icons = new URL("../public/icons/", import.meta.url);
const SEAL = "#a2401f";
const PAPER = "#fbf8f2";
const INK = "#22262b";

// As src/ui/Goose.tsx, in the colours of a seal.
const GOOSE = `
  <path fill="${PAPER}" d="M6 60c12-2 20-7 28-12 8-6 16-9 24-6 6 2 9-1 11-8 2-8 5-14 12-15 4 0 7 3 9 7l-9 2c-4 1-5 6-6 13-2 13-11 22-26 23-16 1-28-2-43-4z"/>
  <path fill="${PAPER}" stroke="${SEAL}" stroke-width="2.5" stroke-linejoin="round" d="M28 52C26 36 17 22 4 12c21 4 37 12 45 30 2 6 0 11-6 13-6 1-11 0-15-3z"/>
  <path fill="${PAPER}" stroke="${SEAL}" stroke-width="2" d="m77 34.5 15 2-2 12-15-2z"/>
  <path fill="none" stroke="${SEAL}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" d="m77 34.5 6 8 9-6"/>`;

// The goose is 92 by 60 in its own measure, from (2, 8).
const goose = (x, y, width) => `<g transform="translate(${x} ${y}) scale(${width / 92}) translate(-2 -8)">${GOOSE}</g>`;
const svg = (content) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">${content}</svg>\n`;
const seal = (radius) => `<rect width="64" height="64" rx="${radius}" fill="${SEAL}"/>`;

const badge = (text) => `
  <circle cx="43" cy="43" r="21" fill="${INK}" stroke="${PAPER}" stroke-width="3"/>
  <text x="43" y="${text.length > 1 ? 52 : 54}" fill="#fff" font-family="system-ui, sans-serif" font-size="${text.length > 1 ? 26 : 32}" font-weight="700" text-anchor="middle">${text}</text>`;

const write = (name, content) => writeFileSync(new URL(name, icons), content);
const png = (content, width) => new Resvg(content, { fitTo: { mode: "width", value: width } }).render().asPng();

mkdirSync(icons, { recursive: true });
const icon = svg(seal(14) + goose(7, 16, 51));
const maskable = svg(seal(0) + goose(13, 20, 39));
write("icon.svg", icon);
write("icon-192.png", png(icon, 192));
write("icon-512.png", png(icon, 512));
write("icon-maskable-512.png", png(maskable, 512));

const small = seal(14) + goose(4, 12, 57);
write("favicon.svg", svg(small));
for (const number of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "9+"]) {
  write(`favicon-${number.replace("+", "plus")}.svg`, svg(small + badge(number)));
}
