/** A piece of the video that goes into the preview; both in seconds. */
export interface Snippet {
  readonly start: number;
  readonly length: number;
}

/** How many pieces a preview shows, when it is long enough for each to be seen. */
const maxSnippets = 8;

/** Shorter pieces than this, in seconds, only flicker. */
const minSnippetLength = 0.4;

/**
 * Spreads snippets of `previewLength` seconds in all evenly over a video of `videoLength` seconds (`undefined`: not known).
 * Each lies in the middle of its share of the video. A video no longer than the preview is taken whole.
 */
export function planSnippets(videoLength: number | undefined, previewLength: number): Snippet[] {
  if (videoLength === undefined) return [{ start: 0, length: previewLength }];
  if (videoLength <= previewLength) return [{ start: 0, length: videoLength }];
  const count = Math.max(1, Math.min(maxSnippets, Math.floor(previewLength / minSnippetLength)));
  const length = previewLength / count;
  const share = videoLength / count;
  return Array.from({ length: count }, (_, i) => ({ start: i * share + (share - length) / 2, length }));
}

/** Most frames that a snippet gives: at least one, so that a video of a single frame has a preview. */
export function frameCount(snippet: Snippet, fps: number): number {
  return Math.max(1, Math.round(snippet.length * fps));
}

export interface FrameShape {
  /** Pixels, as stored. */
  readonly width: number;
  readonly height: number;
  /** Width of a stored pixel divided by its height. */
  readonly pixelAspect: number;
  /** Degrees by which a player turns the picture. */
  readonly rotation: number;
}

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The preview's size: `width` wide, as high as the video's shape as shown asks, both even as VP9's 4:2:0 wants. */
export function previewSize(shape: FrameShape, width: number): Size {
  const shown = (shape.width * shape.pixelAspect) / shape.height;
  const turned = Math.abs(shape.rotation) % 180 === 90;
  const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);
  // A strip of 1 by 10,000 pixels would ask for frames of gigabytes.
  return { width: even(width), height: Math.min(even(width / (turned ? 1 / shown : shown)), even(width * 4)) };
}
