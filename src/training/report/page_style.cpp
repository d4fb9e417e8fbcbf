#include "training/report/page_style.h"

namespace carnyx::report {

// NOLINTNEXTLINE(readability-function-size): one text
std::string_view page_style() {
  // Colours of the lines: Okabe and Ito's, which people of all kinds of colour vision tell apart.
  return R"css(
:root {
  color-scheme: light;
  --page: #fbfbf9; --card: #ffffff; --ink: #1c2024; --soft: #5a6068; --rule: #dfe1e0;
  --train: #0068a3; --validation: #b84a00; --accent: #0068a3;
  --right-rgb: 0 104 163; --wrong-rgb: 201 84 0;
  --code: #f1f2f0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --page: #14171a; --card: #1c2024; --ink: #e8eaec; --soft: #a3abb3; --rule: #343a40;
    --train: #56b4e9; --validation: #f0a030; --accent: #56b4e9;
    --right-rgb: 60 150 205; --wrong-rgb: 225 125 40;
    --code: #23282d;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
main, header, nav ul, footer { max-width: 1180px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 36px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -.015em; overflow-wrap: anywhere; }
header p { margin: 6px 0 0; color: var(--soft); overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 0 0 14px; letter-spacing: -.01em; }
h3 { font-size: 1rem; margin: 0; }
small { font-size: .82rem; color: var(--soft); font-weight: 400; }
section { padding: 30px 0 6px; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
nav { position: sticky; top: 0; z-index: 1; margin-top: 26px; background: var(--page);
  border-bottom: 1px solid var(--rule); }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 22px; list-style: none; padding-top: 9px; padding-bottom: 9px; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { scroll-margin-top: 34px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 14px;
  margin: 24px 0 0; padding: 0; }
.tiles div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 13px 16px; }
.tiles dt { color: var(--soft); font-size: .86rem; }
.tiles dd { margin: 2px 0 0; font-size: 1.45rem; font-weight: 600; letter-spacing: -.01em; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 18px; }
.chart { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
  padding: 14px 14px 8px; max-width: 760px; }
.chart h3 { padding-left: 6px; }
svg { display: block; width: 100%; height: auto; font-size: 12.5px; }
svg text { fill: var(--soft); }
.grid { stroke: var(--rule); stroke-width: 1; }
g.train, text.train { color: var(--train); }
g.validation, text.validation { color: var(--validation); }
svg path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
g.validation path { stroke-dasharray: 7 4; }
.dot { fill: currentColor; stroke: var(--card); stroke-width: 1; }
.dot.hidden { fill-opacity: 0; stroke-opacity: 0; }
.dot:hover { fill-opacity: 1; stroke: var(--ink); stroke-opacity: 1; }
text.end { fill: currentColor; font-weight: 600; }
table { border-collapse: collapse; }
th { font-weight: 600; text-align: left; }
td, th { padding: 5px 11px; }
.numbers td, .numbers th { text-align: right; }
.plain { width: 100%; background: var(--card); }
.plain td, .plain th, .numbers td, .numbers th { border-bottom: 1px solid var(--rule); }
.plain thead th, .numbers thead th { color: var(--soft); font-weight: 500; }
.plain .n { text-align: right; }
.plain tfoot th, .plain tfoot td { border-bottom: 0; font-weight: 600; }
.facts { width: auto; min-width: min(100%, 640px); }
.facts th { font-weight: 400; color: var(--soft); white-space: nowrap; vertical-align: top; }
.facts td { overflow-wrap: anywhere; }
.split { display: flex; flex-wrap: wrap; gap: 18px 44px; align-items: flex-start; }
.scroll { overflow-x: auto; max-width: 100%; }
.confusion caption { caption-side: bottom; text-align: left; color: var(--soft); font-size: .86rem; padding-top: 8px; }
.confusion { border-collapse: separate; border-spacing: 2px; margin-left: -2px; }
.confusion td { text-align: right; min-width: 46px; padding: 6px 9px; border-radius: 4px; }
.confusion thead th, .confusion tbody th { text-align: right; color: var(--soft); }
.confusion tfoot th { color: var(--soft); text-align: right; font-weight: 400; font-size: .86rem; }
.confusion thead th:last-child { font-weight: 400; font-size: .86rem; }
.confusion .share { font-size: .8rem; color: var(--soft); white-space: nowrap; padding: 6px 5px; }
.confusion .none { color: var(--soft); }
.right { background: rgb(var(--right-rgb) / var(--shade)); }
.wrong { background: rgb(var(--wrong-rgb) / var(--shade)); }
.s1 { --shade: .09; } .s2 { --shade: .16; } .s3 { --shade: .23; } .s4 { --shade: .3; } .s5 { --shade: .37; }
.pairs ol { margin: 10px 0 0; padding: 0; list-style: none; }
.pairs li { padding: 5px 0; border-bottom: 1px solid var(--rule); min-width: 220px; display: flex; gap: .35em; }
.pairs span { margin-left: auto; padding-left: 24px; color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(152px, 1fr)); gap: 14px; margin: 0;
  padding: 0; list-style: none; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 12px; break-inside: avoid; }
.card img { display: block; width: 100%; max-width: 112px; height: auto; margin: 0 auto; image-rendering: pixelated; border-radius: 5px;
  background: #000; }
.card p { margin: 9px 0 7px; font-size: .92rem; line-height: 1.35; }
.card small { display: block; }
.bars { list-style: none; margin: 0; padding: 0; font-size: .82rem; }
.bars li { display: grid; grid-template-columns: minmax(1.2em, auto) 1fr auto; gap: 7px; align-items: center; }
.bars .name { overflow: hidden; text-overflow: ellipsis; max-width: 5.5em; white-space: nowrap; }
.bars .bar { height: 7px; border-radius: 3px; background: linear-gradient(var(--validation), var(--validation)) no-repeat
  0 0 / calc(var(--share) * 100%) 100%, var(--code); }
.bars .label .bar { background-image: linear-gradient(var(--train), var(--train)); }
.bars .label .name { font-weight: 700; }
.bars .share { color: var(--soft); white-space: nowrap; }
.key { color: var(--soft); margin: -6px 0 14px; font-size: .92rem; }
.key b.own { color: var(--train); } .key b.guess { color: var(--validation); }
pre { background: var(--code); border-radius: 8px; padding: 14px 16px; white-space: pre-wrap; overflow-wrap: anywhere;
  margin: 0 0 10px; font: .92rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
details { margin: 18px 0 0; }
summary { cursor: pointer; color: var(--accent); width: fit-content; padding: 3px 0; }
details .scroll { margin-top: 10px; }
footer { color: var(--soft); font-size: .86rem; padding-top: 26px; padding-bottom: 40px; }
@media screen and (max-width: 720px) {
  main, header, nav ul, footer { padding-left: 16px; padding-right: 16px; }
  .confusion td { min-width: 0; padding: 5px 4px; font-size: .74rem; }
  .confusion th { padding: 5px 5px; font-size: .8rem; }
  .confusion .share { font-size: .62rem; padding: 5px 1px; }
  svg { font-size: 15px; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  html { font-size: 11px; }
  body { background: #fff; }
  svg { font-size: 15px; }
  .card img { max-width: 76px; }
  section { padding-top: 18px; }
  nav { display: none; }
  header { padding-top: 0; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  * { print-color-adjust: exact; }
  .charts { grid-template-columns: 1fr 1fr; }
  .cards { grid-template-columns: repeat(6, 1fr); }
  .chart, .tiles div, tr { break-inside: avoid; }
  h2 { break-after: avoid; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
}
)css";
}

}  // namespace carnyx::report
