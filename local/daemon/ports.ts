import { createServer } from "node:net";
import { UserError } from "../lib/errors";

/** @throws {UserError} when another program listens on the port, with the flag that chooses another one */
export function requireFreePort(address: string, port: number, flag: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "EADDRINUSE" ? portTaken(address, port, flag) : error));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

export const portTaken = (address: string, port: number, flag: string): UserError =>
  new UserError(`The port ${port} of ${address} is taken by another program. Stop it, or choose another port with ${flag}.`);
