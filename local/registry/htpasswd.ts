import { randomBytes } from "node:crypto";
import { exec } from "../lib/exec";

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A line of an htpasswd file with a bcrypt hash, the only kind that the registry takes. Perl has the C library's crypt(), which Node.js has not.
 *
 * @throws where that knows no bcrypt (a C library without libxcrypt)
 */
export async function htpasswd(user: string, password: string): Promise<string> {
  const salt = [...randomBytes(22)].map((byte) => alphabet[byte % 64]).join("");
  const hash = await exec("perl", ["-e", "local $/; print crypt(<STDIN>, $ARGV[0])", `$2y$10$${salt}`], { input: password });
  if (!hash.startsWith("$2y$10$")) throw new Error("The C library of this machine has no bcrypt, which the registry's passwords need.");
  return `${user}:${hash}\n`;
}
