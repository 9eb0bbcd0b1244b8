/**
 * The page's looks. What succeeded is blue and what failed is orange: people who do not see red and green apart see these apart. Light and dark follow the
 * reader's system; paper is always light.
 */
const light = `--page:#fff;--text:#1b1f24;--quiet:#59636e;--rule:#dde1e6;--ground:#f3f5f7;--good:#2e6db4;--bad:#bf4b0b;--bad-soft:#f6c9a8;--area:#cfe0f3;--link:#1f5fa8`;
const dark = `--page:#12161b;--text:#e4e8ed;--quiet:#9aa5b1;--rule:#2d343c;--ground:#1b2128;--good:#6ba6e6;--bad:#f29052;--bad-soft:#5a3017;--area:#26405e;--link:#8abbf0`;

export const style = `
:root{${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;color:var(--text);background:var(--page);-webkit-text-size-adjust:100%}
body{max-width:76rem;margin:0 auto;padding:3rem 2rem 2rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,p,dl,dd,figure,ul,pre{margin:0}
h1{font-size:2.1rem;line-height:1.15;font-weight:650;letter-spacing:-.02em}
h2{font-size:1.25rem;line-height:1.3;font-weight:650;letter-spacing:-.01em;margin:3.25rem 0 .9rem}
h3{font-size:1rem;font-weight:600}
b,th{font-weight:600}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.87em}
.quiet,figcaption,caption,small{color:var(--quiet)}
figcaption p,figcaption,caption,main>section>p{max-width:52rem}
.kind{color:var(--quiet);font-size:.85rem;margin-bottom:.25rem}
.verdict{display:inline-flex;gap:.5em;align-items:baseline;margin:.9rem 0 1.4rem;font-size:1.05rem;font-weight:600}
.verdict.good{color:var(--good)}.verdict.bad{color:var(--bad)}.verdict.open{color:var(--quiet)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:.3rem 2.5rem;max-width:64rem;font-size:.93rem}
.facts>div{display:flex;gap:.8rem}
.facts dt{flex:none;width:5.2rem;color:var(--quiet)}
.facts dd{min-width:0}
.totals{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:1.5rem 1.5rem;margin-top:2.25rem;padding:1.4rem 0;border-block:1px solid var(--rule)}
.totals dt{color:var(--quiet);font-size:.85rem}
.totals dd{font-size:1.55rem;line-height:1.25;font-weight:600;letter-spacing:-.015em}
.totals small{display:block;font-size:.82rem;line-height:1.4;font-weight:400;letter-spacing:0;margin-top:.15rem}
svg{display:block;overflow:visible}
svg text{font-size:11px;fill:var(--quiet)}
.plot{width:100%;min-width:0}
.time{display:grid;grid-template-columns:6.75rem minmax(0,1fr);column-gap:.75rem}
.time figcaption{grid-column:1/-1;margin-bottom:1.1rem}
.time .labels{width:100%;overflow:hidden}
.time .axis{grid-column:2;margin-bottom:.9rem}
.panel-name{display:flex;flex-direction:column;align-items:flex-end;justify-content:center;font-size:11px;line-height:1.4;color:var(--quiet);margin-bottom:.9rem}
.panel-name b{font-size:12px;color:var(--text)}
.panel{margin-bottom:.9rem;background:var(--ground)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;padding:0;margin-top:.5rem}
.legend li{display:flex;gap:.5rem;align-items:center}
.axis line{stroke:var(--rule)}
.ground{fill:var(--ground)}
.cut{stroke:var(--quiet);stroke-dasharray:2 3}
.bar{stroke-width:1}
.bar.succeeded{fill:var(--good)}
.bar.failed{fill:url(#hatch);stroke:var(--bad)}
.bar.retried{fill:var(--page);stroke:var(--bad)}
.hatch-ground{fill:var(--bad-soft)}.hatch-line{fill:var(--bad)}
.lane .bar:hover{opacity:.65}
.shade{fill:var(--good)}.shade1{opacity:.25}.shade2{opacity:.5}.shade3{opacity:.75}
.mark{fill:var(--bad)}
.area{fill:var(--area)}
.line{fill:none;stroke:var(--good);stroke-width:1.5;vector-effect:non-scaling-stroke}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:0 4rem}
.pair>section{min-width:0}
.histogram figcaption{margin-bottom:.8rem}
.histogram b{color:var(--text)}
.failure{padding:1rem 0;border-top:1px solid var(--rule)}
.failure>p{color:var(--quiet);margin-bottom:.4rem}
details{margin:.5rem 0}
summary{cursor:pointer}
summary span{color:var(--quiet);margin-left:.4rem}
pre{margin:.5rem 0;padding:.8rem 1rem;max-height:22rem;overflow:auto;background:var(--ground);border-radius:4px;line-height:1.45;white-space:pre-wrap}
table{border-collapse:collapse;font-size:.9rem}
caption{text-align:left;padding-bottom:.6rem;font-size:.93rem}
th,td{text-align:left;vertical-align:baseline;padding:.32rem 1.1rem .32rem 0;border-bottom:1px solid var(--rule)}
.n{text-align:right}
.cost{width:100%;max-width:46rem}.retried{max-width:46rem;margin-top:1.2rem}
.cost th{font-weight:400;color:var(--quiet)}
.cost .n{font-weight:600}.cost th,.cost .n{white-space:nowrap}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,10.5rem),1fr));gap:1.4rem 1.2rem}
.gallery img,.gallery video{display:block;width:100%;aspect-ratio:16/10;object-fit:contain;background:var(--ground);border-radius:4px}
.gallery img[src^="data:image/svg"],.gallery img[src^="data:image/png"]{background:#fff}
.gallery figcaption{margin-top:.45rem;font-size:.85rem;line-height:1.4}
.gallery b{display:block;color:var(--text)}
.outputs{padding-left:1.2rem;font-size:.9rem}
#controls{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin-bottom:.9rem}
#controls[hidden]{display:none}
input{font:inherit;color:inherit;background:var(--page);border:1px solid var(--quiet);border-radius:4px;padding:.25rem .6rem;width:17rem;max-width:100%;margin-left:.4rem}
input::placeholder{color:var(--quiet);opacity:1}
.scroll{overflow-x:auto;position:relative}
#table{width:100%;overflow-wrap:normal}
#table caption{max-width:min(52rem,calc(100vw - 2rem))}
#table td,#table th{white-space:nowrap}
#table th[scope=row]{font-weight:400}
#table .long{white-space:normal;overflow-wrap:anywhere;min-width:8rem}
#table td:last-child,#table th:last-child{padding-right:0}
#table thead th{border-bottom-color:var(--quiet)}
#table .failed td:nth-child(2){color:var(--bad);font-weight:600}
#table .unfinished td:nth-child(2){color:var(--quiet);font-style:italic}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
th button::after{content:"";display:inline-block;width:1em;color:var(--quiet)}
th[aria-sort=ascending] button::after{content:"\\2191"}
th[aria-sort=descending] button::after{content:"\\2193"}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule);font-size:.85rem;color:var(--quiet)}
@media (max-width:40rem){body{padding:1.5rem 1rem}.time{grid-template-columns:6.25rem minmax(0,1fr);column-gap:.5rem}.totals{grid-template-columns:repeat(2,minmax(0,1fr))}h1{font-size:1.6rem}}
@media print{html{font-size:11px}body{max-width:none;padding:0}h2{break-after:avoid;margin-top:1.8rem}#controls,th button::after{display:none!important}pre{max-height:none;overflow:visible}.scroll{overflow:visible}
.totals,.panel,.bar,.ground,.shade,.gallery img{print-color-adjust:exact;-webkit-print-color-adjust:exact}
tr,.gallery figure,.failure h3,.totals>div{break-inside:avoid}.lane{break-inside:avoid}details::details-content{content-visibility:visible}#table td,#table th{white-space:normal}#table .long{min-width:0}}
`;
