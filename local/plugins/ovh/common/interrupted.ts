import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ApiError } from "./errors";

/** How to find a resource again whose creation was interrupted. */
export interface Creation<T> {
  /** Ids of all resources of this type that there are now. */
  list(): Promise<readonly string[]>;
  /** The resource of this id, if it is one that {@link make} would have made. */
  match(id: string): Promise<T | undefined>;
  make(): Promise<T>;
  idOf(made: T): string;
}

/** What is written down of a resource of the program while it is created, and kept while it exists. */
interface Note {
  /** The ids that there were before. */
  readonly before: readonly string[];
  /** The resource that was made. */
  readonly id?: string;
  /** The engine has the resource in its state. */
  readonly known?: boolean;
}

const tries = 3;

/**
 * Creates a resource exactly once, although the engine, this process or the connection may die at any moment in between.
 *
 * Names are no proof: another stack may have a cluster of the same name. So before the call we write down which resources
 * exist. If the call's answer never reached the engine's state, the next update finds the note, and takes the resource that
 * has appeared since, matches, and belongs to no other note, rather than making a second. Without a note nothing is taken over.
 */
export async function createOnce<T>(urn: string, creation: Creation<T>): Promise<T> {
  const noted = await readNote(noteFile(urn));
  const interrupted = noted && !noted.known ? noted : undefined;
  const note = interrupted ?? { before: await creation.list() };
  if (!interrupted) await writeNote(urn, note);
  const done = async (made: T): Promise<T> => {
    await writeNote(urn, { ...note, id: creation.idOf(made) });
    return made;
  };
  for (let attempt = 1; ; attempt++) {
    if (interrupted || attempt > 1) {
      const found = await findNew(urn, creation, note);
      if (found !== undefined) return done(found);
    }
    try {
      return await done(await creation.make());
    } catch (error) {
      // A refusal made nothing. Anything else (no answer, a server error) may have.
      const refused = error instanceof ApiError && error.status < 500;
      if (refused) await forget(urn);
      if (refused || attempt === tries) throw error;
    }
  }
}

async function findNew<T>(urn: string, creation: Creation<T>, note: Note): Promise<T | undefined> {
  const taken = new Set([...note.before, ...(await othersIds(urn))]);
  for (const id of await creation.list()) {
    const found = taken.has(id) ? undefined : await creation.match(id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The engine knows the resource by this id. The id of an older resource, which is being replaced, changes nothing. */
export async function settled(urn: string, id: string): Promise<void> {
  const note = await readNote(noteFile(urn));
  if (note?.id === id && !note.known) await writeNote(urn, { ...note, known: true });
}

/** The resource of this id is deleted. */
export async function deleted(urn: string, id: string): Promise<void> {
  const note = await readNote(noteFile(urn));
  if (note?.id === id) await forget(urn);
}

const folder = (): string => join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "ovh-stand-in");

const noteFile = (urn: string): string => join(folder(), `${createHash("sha256").update(urn).digest("hex")}.json`);

const forget = (urn: string): Promise<void> => rm(noteFile(urn), { force: true });

async function othersIds(urn: string): Promise<string[]> {
  const files = (await readdir(folder()))
    .map((file) => join(folder(), file))
    .filter((file) => file.endsWith(".json") && file !== noteFile(urn));
  return (await Promise.all(files.map(readNote))).flatMap((note) => note?.id ?? []);
}

async function readNote(file: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Note;
  } catch {
    return undefined;
  }
}

async function writeNote(urn: string, note: Note): Promise<void> {
  await mkdir(folder(), { recursive: true });
  const unfinished = `${noteFile(urn)}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(note));
  await rename(unfinished, noteFile(urn));
}
