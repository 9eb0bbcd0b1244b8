import { type KubeApi, type KubeObject } from "../api/kube-api";

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** All objects of a kind as they are now. */
export class Mirror<T extends KubeObject> {
  private objects = new Map<string, T>();

  /** @param onChange called with the key of each object that came, changed or went: `NAME`, or `NAMESPACE/NAME` */
  constructor(api: Pick<KubeApi, "follow">, path: string, onChange: (key: string) => void, abort: AbortSignal) {
    const handler = {
      replace: (objects: readonly T[]) => {
        const gone = [...this.objects.keys()];
        this.objects = new Map(objects.map((object) => [keyOf(object), object]));
        for (const key of new Set([...gone, ...this.objects.keys()])) onChange(key);
      },
      set: (object: T) => {
        this.objects.set(keyOf(object), object);
        onChange(keyOf(object));
      },
      remove: (object: T) => {
        this.objects.delete(keyOf(object));
        onChange(keyOf(object));
      },
    };
    void api.follow<T>(path, handler, abort);
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  all(): T[] {
    return [...this.objects.values()];
  }
}
