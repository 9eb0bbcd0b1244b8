import { createServer, type AddressInfo } from "node:net";
import { UserError } from "../../../local/lib/errors";
import { requireFreePort } from "../../../local/daemon/ports";

it("names a taken port and the flag that chooses another one; a free port is fine", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = server.address() as AddressInfo;
  const taken = requireFreePort("127.0.0.1", port, "--api-port", 0);
  await expect(taken).rejects.toThrow(UserError);
  await expect(taken).rejects.toThrow(
    `The port ${port} of 127.0.0.1 is taken by another program. Stop it, or choose another port with --api-port.`,
  );
  await new Promise((resolve) => server.close(resolve));
  await expect(requireFreePort("127.0.0.1", port, "--api-port")).resolves.toBeUndefined();
});

it("waits for the port of a process that has just been killed", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1" }, resolve));
  const { port } = server.address() as AddressInfo;
  const free = requireFreePort("127.0.0.1", port, "--api-port");
  await new Promise((resolve) => server.close(resolve));
  await expect(free).resolves.toBeUndefined();
});
