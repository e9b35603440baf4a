-- SPDX-License-Identifier: MIT
-- The look of every page: system letters, colours for light and dark, from 360 px to a wall; base, tuned, chance and good are the
-- colours that carry meaning.
return [[
:root { color-scheme: light dark; --paper: #fbfaf7; --sheet: #ffffff; --ink: #1d2226; --soft: #5b646c; --rule: #dcdad3;
  --base: #8b939a; --tuned: #0f6e84; --chance: #b3541e; --good: #2c7a4b; --grid: #e9e7e1; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --sheet: #1c2024; --ink: #e4e6e8; --soft: #9ba4ac; --rule: #343a40;
  --base: #87919a; --tuned: #58bcd3; --chance: #e39a66; --good: #6cc791; --grid: #2a2f34; } }
* { box-sizing: border-box; }
html { font-size: clamp(1rem, 0.92rem + 0.22vw, 1.6rem); -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, footer { width: min(100% - 2rem, 68rem); margin-inline: auto; }
main { padding-block: 2rem 1rem; }
footer { padding-block: 1.5rem 3rem; margin-top: 2rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .85rem; }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; margin: 0 0 .4rem; text-wrap: balance; }
h2 { font-size: 1.2rem; line-height: 1.3; font-weight: 650; margin: 2.6rem 0 .5rem; }
h3 { font-size: 1rem; font-weight: 650; margin: 1.6rem 0 .4rem; }
p, ul { max-width: 44rem; margin: .5rem 0; overflow-wrap: break-word; }
ul { padding-left: 1.2rem; }
.sub, .note, caption, figcaption { color: var(--soft); font-size: .9rem; }
.lead { font-size: 1.12rem; line-height: 1.5; }
.warning { border-left: 3px solid var(--chance); padding-left: .8rem; }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums lining-nums; font-size: .92rem; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: baseline; }
thead th { color: var(--soft); font-weight: 500; font-size: .85rem; }
tbody th { font-weight: 500; }
th.number, td.number { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
tr.section th { padding-top: 1.1rem; color: var(--soft); font-weight: 500; }
td.plot, th.plot { width: 45%; min-width: 11rem; vertical-align: middle; }
.clear { font-weight: 650; } .interval { color: var(--soft); font-size: .92em; }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--soft); font-size: .75rem; font-family: inherit; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); } .axis { stroke: var(--rule); }
.fill-base { fill: var(--base); } .fill-tuned { fill: var(--tuned); }
.line-base { stroke: var(--base); } .line-tuned { stroke: var(--tuned); }
.line-chance { stroke: var(--chance); stroke-dasharray: 4 3; }
.whisker { stroke: var(--ink); stroke-width: 1.5; opacity: .75; }
.chance-mark { stroke: var(--chance); stroke-width: 2; }
.curve { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: .5rem 0; padding: 0; max-width: none; list-style: none;
  font-size: .9rem; color: var(--soft); }
.key li::before { content: ""; display: inline-block; width: .9rem; height: .7rem; margin-right: .45rem; background: var(--swatch); }
.key .base { --swatch: var(--base); } .key .tuned { --swatch: var(--tuned); }
.key .chance::before { width: 0; border-left: 2px solid var(--chance); background: none; }
.key .line::before { height: 3px; vertical-align: .2rem; }
.key .chance.line::before { width: .9rem; border-left: 0; border-top: 2px dashed var(--chance); height: 0; }
table.heat { width: auto; font-size: .78rem; }
.heat th, .heat td { border: 0; padding: .15rem .3rem; text-align: right; min-width: 2.1rem; }
.heat thead th { vertical-align: bottom; text-align: left; }
.heat thead th span { writing-mode: vertical-rl; transform: rotate(180deg); }
.heat td { background: color-mix(in srgb, var(--tuned) var(--ink-share, 0%), var(--sheet)); }
figure { margin: 1rem 0; }
img, .no-picture { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #000; border-radius: .25rem; }
.no-picture { display: grid; place-items: center; text-align: center; padding: .5rem; background: var(--grid); color: var(--soft);
  font-size: .8rem; }
.columns { display: grid; gap: 1rem 2.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  align-items: start; }
.columns > * { min-width: 0; }
.cards { display: grid; gap: 1rem .9rem; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 44%), 1fr)); padding: 0;
  margin: .8rem 0; max-width: none; list-style: none; }
.strip { grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .5rem; }
.card { font-size: .85rem; line-height: 1.4; min-width: 0; overflow-wrap: anywhere; }
.card .line { display: flex; justify-content: space-between; gap: .5rem; color: var(--soft); font-variant-numeric: tabular-nums;
  margin-top: .25rem; }
.card .what { display: block; font-weight: 550; } .card .who { display: block; color: var(--soft); }
.card.hit img, .card.hit .no-picture { outline: 3px solid var(--good); outline-offset: 1px; }
.card .mark { color: var(--good); font-weight: 650; }
.query { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: 1.2rem; align-items: center; margin: 1.2rem 0;
  padding: 1rem;
  background: var(--sheet); border: 1px solid var(--rule); border-radius: .5rem; }
.query.words { grid-template-columns: 1fr; }
.query > * { min-width: 0; }
.query p { margin: .15rem 0; overflow-wrap: anywhere; }
.example { display: grid; grid-template-columns: minmax(5rem, 1fr) minmax(0, 6fr); gap: .6rem 1.2rem; margin: 1.2rem 0;
  padding-bottom: 1rem; border-bottom: 1px solid var(--rule); }
.example > * { min-width: 0; }
.example h3 { margin: 0 0 .2rem; font-size: .85rem; color: var(--soft); font-weight: 500; }
.example .strip { margin: 0 0 .8rem; }
.example .card { font-size: .72rem; }
@media (max-width: 34rem) { .interval { display: block; } .example { grid-template-columns: 1fr; } .example > .card { max-width: 9rem; }
  .query { grid-template-columns: 1fr; } .query img, .query .no-picture { max-width: 14rem; }
  table { font-size: .8rem; } td.plot, th.plot { min-width: 8rem; } th, td { padding-right: .5rem; } .strip { gap: .25rem; }
  .example .strip .what, .example .strip .who { display: none; } }
@media print { body { background: none; } .card, .query, tr { break-inside: avoid; } }
]]
