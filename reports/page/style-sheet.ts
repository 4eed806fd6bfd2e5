/** How the page of a run looks; dense, since a run has thousands of verdicts. Light or dark as the reader's system is. */
export const STYLE = `
:root {
  --back: #fff; --raised: #f6f7f9; --line: #dfe3e8; --text: #1b2128; --soft: #5c6773; --link: #0b5cad; --focus: #0b5cad;
  --pass: #1a7f37; --pass-back: transparent; --fail: #b3151b; --fail-back: #fddedf; --infra: #8a3ea8; --infra-back: #f3e2fa;
  --unknown: #7a5900; --unknown-back: #fdf0c3; --known: #9a4a00; --known-back: #fde8d3; --changed: #0b5cad;
  --changed-back: #dcecfc; --hit: #fff3a8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14181d; --raised: #1d232a; --line: #323b45; --text: #dde3ea; --soft: #93a0ad; --link: #79b8ff; --focus: #79b8ff;
    --pass: #4cc26a; --fail: #ff8a8a; --fail-back: #4d191c; --infra: #d99bf0; --infra-back: #3b2146; --unknown: #e8c15a;
    --unknown-back: #40330d; --known: #ffae6b; --known-back: #46290f; --changed: #79b8ff; --changed-back: #14324f;
    --hit: #5c5210;
  }
}
* { box-sizing: border-box; }
html, body { height: 100%; }
body { margin: 0; display: flex; flex-direction: column; background: var(--back); color: var(--text);
  font: 13px/1.4 system-ui, "DejaVu Sans", "Noto Sans", sans-serif; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
header { padding: 8px 12px 4px; max-height: 38vh; overflow: auto; flex: none; }
h1 { margin: 0 0 4px; font-size: 16px; }
header dl { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 4px; }
header dl div { display: flex; gap: 5px; }
dt { color: var(--soft); }
dd { margin: 0; max-width: 46ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
header details { margin: 2px 0; }
header summary { cursor: pointer; font-weight: 600; }
header ul { margin: 2px 0 4px; padding-left: 22px; }
.changes summary { color: var(--changed); }
.notes summary { color: var(--known); }
#filter { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 5px 12px; flex: none;
  background: var(--raised); border-block: 1px solid var(--line); }
#filter input[type=search], #filter select, #filter > button { padding: 2px 6px; border: 1px solid var(--line);
  border-radius: 4px; background: var(--back); }
#filter input[type=search] { width: 24ch; }
#filter fieldset { display: flex; flex-wrap: wrap; gap: 5px; border: 0; margin: 0; padding: 0; }
.chip { display: inline-flex; align-items: center; gap: 4px; padding: 1px 8px; border: 1px solid var(--line);
  border-radius: 11px; background: var(--back); cursor: pointer; }
.chip input { margin: 0; }
.chip:has(:checked) { border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor; }
#shown { color: var(--soft); margin-left: auto; }
main { flex: 1; min-height: 0; display: flex; }
#pane { flex: 1 1 0; min-width: 220px; overflow: auto; }
table { border-collapse: separate; border-spacing: 0; width: 100%; }
#matrix thead th { position: sticky; top: 0; z-index: 2; background: var(--raised); border-bottom: 1px solid var(--line);
  padding: 3px 6px; text-align: left; vertical-align: bottom; white-space: nowrap; }
#matrix thead th:first-child { left: 0; z-index: 3; }
#matrix thead button { border: 0; background: none; padding: 0; font-weight: 600; }
#matrix thead .kernel { text-align: center; font-variant-numeric: tabular-nums; }
#matrix thead .kernel .open { color: var(--link); }
#matrix thead .kernel .sort { color: var(--soft); font-weight: 400; margin-left: 3px; }
#matrix thead .kernel .open { display: block; width: 100%; }
#matrix thead .kernel .sum { font-weight: 400; color: var(--soft); font-size: 11px; }
#matrix thead .down .sum { color: var(--infra); }
th[aria-sort] .sort { color: var(--link) !important; }
th[aria-sort=ascending] .sort::after { content: " ▲"; }
th[aria-sort=descending] .sort::after { content: " ▼"; }
#matrix tbody th { position: sticky; left: 0; z-index: 1; background: var(--back); text-align: left; font-weight: 600;
  padding: 1px 6px 1px 12px; white-space: nowrap; border-bottom: 1px solid var(--line);
  font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 12px; max-width: 30ch; overflow: hidden;
  text-overflow: ellipsis; }
#matrix tbody td { border-bottom: 1px solid var(--line); padding: 0; }
#matrix tbody tr:hover th, #matrix tbody tr:hover .sentence, #matrix tbody tr:hover .level { background: var(--raised); }
#matrix td.level { color: var(--soft); font-size: 11px; padding: 0 6px; }
.beside .sentence { display: none; }
#matrix td.sentence { max-width: 0; width: 100%; min-width: 180px; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; padding: 0 6px; }
.mark { color: var(--changed); margin-left: 4px; }
#matrix td button { width: 100%; min-width: 58px; border: 0; background: none; padding: 1px 5px; white-space: nowrap;
  font-size: 12px; }
#matrix td button[aria-current=true] { outline: 2px solid var(--focus); outline-offset: -2px; }
.pass { color: var(--pass); background: var(--pass-back); }
.fail { color: var(--fail); background: var(--fail-back); font-weight: 600; }
.infra { color: var(--infra); background: var(--infra-back); }
.unknown { color: var(--unknown); background: var(--unknown-back); }
.known { color: var(--known); background: var(--known-back); }
.changed { color: var(--changed); background: var(--changed-back); }
.na, .none { color: var(--soft); }
#border { flex: none; width: 6px; cursor: col-resize; background: var(--line); touch-action: none; }
#border:hover, #border:focus-visible { background: var(--focus); }
#detail { flex: none; width: 48%; min-width: 300px; overflow: auto; padding: 8px 14px 20px; background: var(--back); }
#detail h2 { margin: 0 60px 4px 0; font-size: 15px; }
#detail h3 { margin: 14px 0 4px; font-size: 13px; }
#detail .close { float: right; border: 1px solid var(--line); border-radius: 4px; background: var(--raised); }
#detail .word { display: inline-block; padding: 0 8px; border-radius: 9px; border: 1px solid currentColor; font-size: 12px; }
#detail .soft { color: var(--soft); }
#detail p { margin: 4px 0; overflow-wrap: anywhere; white-space: pre-wrap; }
#detail .strip { display: flex; flex-wrap: wrap; gap: 3px; margin: 6px 0; }
#detail .strip button.na, #detail .strip button.none { background: none; }
#detail .strip button { border: 1px solid var(--line); border-radius: 4px; padding: 0 6px; font-size: 11px; }
#detail .strip button[aria-current=true] { border-color: var(--focus); box-shadow: inset 0 0 0 1px var(--focus); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 4px 0; }
.facts dd { max-width: none; white-space: pre-wrap; overflow-wrap: anywhere; }
.failure { border-left: 3px solid var(--fail); padding: 2px 0 2px 10px; margin: 8px 0; }
pre { margin: 4px 0; padding: 6px 8px; overflow: auto; background: var(--raised); border: 1px solid var(--line);
  border-radius: 4px; font: 11.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }
code { font: 11.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; user-select: all; overflow-wrap: anywhere; }
.test { border: 1px solid var(--line); border-radius: 6px; padding: 6px 10px; margin: 8px 0; }
.test .title { font-weight: 600; overflow-wrap: anywhere; }
.tabs { display: flex; flex-wrap: wrap; gap: 4px; margin: 6px 0 2px; }
.tabs button { border: 1px solid var(--line); border-radius: 4px; background: var(--raised); padding: 1px 8px; }
.tabs button[aria-expanded=true] { background: var(--focus); color: var(--back); border-color: var(--focus); }
.viewer .bar { display: flex; gap: 8px; align-items: center; margin: 4px 0; }
.viewer input { padding: 1px 6px; border: 1px solid var(--line); border-radius: 4px; background: var(--back); width: 26ch; }
.viewer pre { max-height: 62vh; }
.viewer .line { display: block; white-space: pre; min-height: 1.45em; content-visibility: auto;
  contain-intrinsic-size: auto 1.45em; }
.viewer .hit { background: var(--hit); }
@media (max-width: 800px) {
  main { flex-direction: column; }
  #border { display: none; }
  #detail { width: auto !important; max-height: 60vh; border-top: 2px solid var(--line); }
}
@media print { body { display: block; height: auto; } #filter, #border { display: none; } #pane { overflow: visible; } }
`;
