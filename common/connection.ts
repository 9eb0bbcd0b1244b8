/** What fetch() throws: "fetch failed" or "terminated"; the reason is in `cause`. */

/** Codes of connections that broke, of Node and of undici, whose fetch() Node has. */
const broken = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT", "EAI_AGAIN", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * Returns true if a connection broke, e.g. one kept alive that the server closes while the next request is on its way. A new connection is likely to work.
 * Neither a refused connection nor a name or certificate that is wrong is such an error.
 * @see https://github.com/nodejs/undici/blob/main/docs/docs/api/Errors.md
 */
export const connectionBroke = (error: unknown): boolean => broken.has(codeOf(error) ?? "");

/** The reason of an error, e.g. `other side closed`. */
export function reasonOf(error: unknown): string {
  const cause = causeOf(error) ?? error;
  const { message, code, name } = (cause ?? {}) as { message?: string; code?: string; name?: string };
  // Where a name has several addresses, the error of all of them has a code and no message.
  return message || code || name || String(cause);
}

const causeOf = (error: unknown): unknown => (error as { cause?: unknown } | undefined)?.cause;

/** The code of what an error has as its cause, or else its own, e.g. `ECONNREFUSED`. */
export const codeOf = (error: unknown): string | undefined => ownCode(causeOf(error)) ?? ownCode(error);

const ownCode = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code;
