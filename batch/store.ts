/** What batch/ needs of an object store. `s3/` is the real one. */
export interface StoredObject {
  readonly key: string;
  /** Changes with the content. */
  readonly etag: string;
  readonly bytes: number;
}

export interface Store {
  /** Calls `visit` for every object whose key begins with `prefix`, in no promised order. */
  list(prefix: string, visit: (object: StoredObject) => void): Promise<void>;
  /** The object's text, or undefined without such an object. */
  get(key: string): Promise<string | undefined>;
  /**
   * Writes an object, if it still is what the caller last saw: `expected` is its ETag, "absent" (there is none) or undefined (whatever it is).
   * Answers the new ETag, or undefined when somebody else was quicker.
   */
  put(key: string, text: string, expected?: string): Promise<string | undefined>;
}
