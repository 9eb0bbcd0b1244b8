/** The images and videos that the tasks produced, to be embedded into the page. */
import { forEach } from "../common/concurrency";
import { type Output, type TaskRecord } from "../batch/records";
import { type Store } from "../batch/storage/store";

const types: Readonly<Record<string, string>> = {
  webm: "video/webm",
  mp4: "video/mp4",
  gif: "image/gif",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  svg: "image/svg+xml",
};

/** What one page embeds in all, in bytes: browsers and mail programs still open it. */
export const mediaLimit = 20_000_000;

const parallel = 8;

export interface Picture {
  readonly task: string;
  readonly output: Output;
  readonly video: boolean;
  /** A data URI. */
  readonly uri: string;
}

export interface Media {
  readonly pictures: readonly Picture[];
  /** Images and videos that would make the page larger than it may be. */
  readonly left: readonly Output[];
  /** Ones that the bucket no longer has. */
  readonly gone: readonly Output[];
}

/** Reads the images and videos of the tasks, in the order of the tasks, as long as they fit into the limit. */
export async function loadMedia(store: Pick<Store, "getBytes">, records: readonly TaskRecord[], limit = mediaLimit): Promise<Media> {
  const chosen: { task: string; output: Output }[] = [];
  const [left, gone]: [Output[], Output[]] = [[], []];
  let room = limit;
  for (const { task, output } of mediaOutputs(records)) {
    if (output.bytes > room) left.push(output);
    else {
      room -= output.bytes;
      chosen.push({ task, output });
    }
  }
  const pictures = new Map<Output, Picture>();
  await forEach(chosen, parallel, async ({ task, output }) => {
    const content = await store.getBytes(output.key);
    const type = types[extension(output.key)]!;
    // A later task can have overwritten it with something larger.
    if (!content) gone.push(output);
    else if (content.length > output.bytes && content.length > limit / 10) left.push(output);
    else pictures.set(output, { task, output, video: type.startsWith("video/"), uri: `data:${type};base64,${content.toString("base64")}` });
  });
  return { pictures: chosen.flatMap(({ output }) => pictures.get(output) ?? []), left, gone };
}

function mediaOutputs(records: readonly TaskRecord[]): { task: string; output: Output }[] {
  const found = new Map<string, { task: string; output: Output }>();
  for (const { name, outputs } of records) {
    // Two tasks that wrote the same object have one picture.
    for (const output of outputs)
      if (extension(output.key) in types && !found.has(output.key)) found.set(output.key, { task: name, output });
  }
  return [...found.values()];
}

const extension = (key: string): string => /\.([^./]+)$/.exec(key)?.[1]?.toLowerCase() ?? "";
