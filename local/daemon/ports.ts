import { createServer } from "node:net";
import { retry } from "../../common/retry";
import { UserError } from "../lib/errors";

/** Between two tries, in milliseconds. */
const pause = 100;

/**
 * @param patience milliseconds that a port may be taken: the socket of a killed process is there a moment longer than the process
 * @throws {UserError} when another program listens on the port, with the flag that chooses another one
 */
export const requireFreePort = (address: string, port: number, flag: string, patience = 5_000): Promise<void> =>
  retry(() => listenOnce(address, port, flag), {
    tries: 1 + patience / pause,
    pauses: () => pause,
    again: (error) => error instanceof UserError,
  });

function listenOnce(address: string, port: number, flag: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? portTaken(address, port, flag) : error));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

export const portTaken = (address: string, port: number, flag: string): UserError =>
  new UserError(`The port ${port} of ${address} is taken by another program. Stop it, or choose another port with ${flag}.`);
