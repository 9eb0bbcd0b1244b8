/** Parts of ffmpeg that tell of the way to the file, not of the file. */
const transport = /^\[(http|tcp|in#|out#|aist#|vist#)/;

/**
 * The reason for a failure in the standard error of ffmpeg or ffprobe (run with `-v error`), without the addresses that it prints:
 * what a format or codec says, such as `[mov,mp4 @ 0x55…] moov atom not found`, else the first line that says anything. "" when there is none.
 */
export function reasonOf(stderr: string): string {
  const lines = stderr.split("\n").map((line) => ({ fromFormat: /^\[[^\]]+ @ 0x/.test(line) && !transport.test(line), text: clean(line) }));
  const telling = lines.filter(({ text }) => text !== "");
  return (telling.find(({ fromFormat }) => fromFormat) ?? telling[0])?.text.slice(0, 200) ?? "";
}

function clean(line: string): string {
  return line
    .replace(/^(\[[^\]]+\]\s*)+/, "")
    .replace(/^Format not on whitelist.*/, "its format is none of a video")
    .replace(/^Error opening input( files?)?:?/, "")
    .replace(/\s*http:\/\/\S+/g, "")
    .replace(/^[:\s]+|[.\s]+$/g, "");
}
