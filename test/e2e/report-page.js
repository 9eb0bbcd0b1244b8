/* global document, getComputedStyle, HTMLImageElement, SVGElement, Node, NodeFilter */

// What report.test.ts asks a report in the browser. This is one expression: the test puts `.name()` after it. It is no TypeScript, since the browser's types
// would then hold in the whole project.
({
  /** Images and videos that cannot be shown. */
  undecodedMedia() {
    return [...document.querySelectorAll("img, video")].flatMap((element) => {
      const width = element instanceof HTMLImageElement ? element.naturalWidth : element.videoWidth;
      return width > 0 ? [] : [element.outerHTML.slice(0, 80)];
    });
  },

  timelineBars() {
    const box = (element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left, right, top, bottom };
    };
    const bars = [...document.querySelectorAll("#timeline .lane .bar")].map((bar) => ({
      ...box(bar),
      start: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(bar.textContent ?? "")?.[0] ?? "",
    }));
    return { frame: box(document.querySelector("#timeline")), bars };
  },

  /** The labels of each axis with their places. */
  axisLabels() {
    return [...document.querySelectorAll(".axis")].map((axis) =>
      [...axis.querySelectorAll("text")].map((label) => {
        const { left, right } = label.getBoundingClientRect();
        return { text: label.textContent ?? "", left, right };
      }),
    );
  },

  /** Texts that stick out of the page or of what cuts them off. What scrolls by itself may. */
  clippedTexts() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const clipped = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!node.textContent.trim() || parent.closest("title, script, .scroll tr, pre, [hidden]")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left, right, width } = range.getBoundingClientRect();
      if (width === 0) continue;
      const svg = parent.closest("svg:not(svg svg)");
      const frame = svg ? svg.getBoundingClientRect() : { left: 0, right: document.documentElement.clientWidth };
      if (left < frame.left - 1 || right > frame.right + 1) clipped.push(`${node.textContent.trim().slice(0, 60)} (${parent.tagName})`);
    }
    return clipped;
  },

  /** Texts whose contrast with what is behind them is less than 4.5 (WCAG AA), and bars with less than 3. */
  faintTexts() {
    const channels = (color) => (/rgba?\(([^)]+)\)/.exec(color)?.[1] ?? "0,0,0,0").split(/[ ,/]+/).map(Number);
    const luminance = (color) => {
      const [r, g, b] = channels(color).map((value) =>
        value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
      const [a, b] = [luminance(one), luminance(other)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const behind = (start) => {
      for (let at = start; at; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if ((channels(backgroundColor)[3] ?? 1) > 0) return backgroundColor;
      }
      return "rgb(255,255,255)";
    };
    const faint = new Set();
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
      if (!own || element.closest("title, script, [hidden]")) continue;
      const style = getComputedStyle(element);
      const color = element instanceof SVGElement ? style.fill : style.color;
      const ratio = contrast(color, behind(element));
      if (ratio < 4.5) faint.add(`${element.tagName} ${element.className}: ${ratio.toFixed(1)}`);
    }
    for (const bar of document.querySelectorAll(".bar")) {
      const { fill, stroke } = getComputedStyle(bar);
      const ratio = contrast(bar.classList.contains("succeeded") ? fill : stroke, behind(bar));
      if (ratio < 3) faint.add(`${bar.getAttribute("class")}: ${ratio.toFixed(1)}`);
    }
    return [...faint];
  },

  /** Whether the page is dark. */
  darkness() {
    const [r, g, b] = /\d+, \d+, \d+/.exec(getComputedStyle(document.documentElement).backgroundColor)[0].split(", ").map(Number);
    return r + g + b < 200;
  },
});
