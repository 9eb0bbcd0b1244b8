/** What batch/ needs of an object store. `s3/` is the real one. */
import { BatchError } from "../../common/errors";

/** Where a bucket is, and the key to it. */
export interface StoreSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface StoredObject {
  readonly key: string;
  /** Changes with the content. */
  readonly etag: string;
  readonly bytes: number;
  /** When it was written; ISO 8601 in UTC. */
  readonly modified: string;
}

/** @throws {StoreError} when the store refuses or does not answer. */
export interface Store {
  /**
   * Calls `visit` for every object whose key begins with `prefix`, in no promised order. With `onFolder` only for those without a further `/` in their keys;
   * of the others it gets the beginnings up to that `/`, once each.
   */
  list(prefix: string, visit: (object: StoredObject) => void, onFolder?: (prefix: string) => void): Promise<void>;
  /** The object's text, or undefined without such an object. */
  get(key: string): Promise<string | undefined>;
  /** As {@link get}, for what may be no text. */
  getBytes(key: string): Promise<Buffer | undefined>;
  /** Writes the object into a file, which appears when it is complete. Answers false without such an object. */
  download(key: string, file: string): Promise<boolean>;
  /**
   * Writes an object, if it still is what the caller last saw: `expected` is its ETag, "absent" (there is none) or undefined (whatever it is).
   * Answers the new ETag, or undefined when somebody else was quicker.
   */
  put(key: string, content: string | Buffer, expected?: string): Promise<string | undefined>;
  /** Deletes an object, if it is there. */
  remove(key: string): Promise<void>;
  /** Tells whoever opened the store of an object that is not as it should be; each text once, as an object may be read many times. */
  readonly say: (text: string) => void;
}

/** Says each text once. */
export function sayingOnce(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) say(text);
    said.add(text);
  };
}

/** The object store refused a request, or did not answer. */
export class StoreError extends BatchError {
  override readonly name: string = "StoreError";

  /** @param options `status`: of HTTP; undefined when there was no answer */
  constructor(message: string, { status, ...options }: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.transient = status === undefined || status === 429 || status >= 500;
  }

  /** Whether the same request may succeed later: nobody can tell from it whether the bucket is there. */
  readonly transient: boolean;
}
