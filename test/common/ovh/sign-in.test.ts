import { signInWith } from "../../../common/ovh/sign-in";
import { type BreakingServer, startBreakingServer } from "../breaking-server";

const call = { method: "GET", url: "/me", body: "" };
let api: BreakingServer;
afterEach(() => api.close());

it("reads the server's clock again where the connection breaks", async () => {
  api = await startBreakingServer(2, (_, response) => response.end("1700000000"));
  const key = { applicationKey: "ak", applicationSecret: "as", consumerKey: "ck" };
  const headers = await signInWith(api.url, key, 5_000).headers(call);
  expect(Number(headers["X-Ovh-Timestamp"])).toBeCloseTo(1_700_000_000, -1);
  expect(api.asked).toEqual(Array(3).fill("GET /auth/time"));
});

it("asks for a token again where the connection breaks, and not after a refusal", async () => {
  let status = 200;
  api = await startBreakingServer(1, (_, response) =>
    response.writeHead(status).end(JSON.stringify(status === 200 ? { access_token: "t", expires_in: 3600 } : { error: "invalid_client" })),
  );
  const account = { clientId: "id", clientSecret: "hunter2" };
  await expect(signInWith(api.url, account, 5_000).headers(call)).resolves.toEqual({ Authorization: "Bearer t" });
  expect(api.asked).toHaveLength(2);
  status = 401;
  await expect(signInWith(api.url, account, 5_000).headers(call)).rejects.toThrow("HTTP 401 invalid_client");
  expect(api.asked).toHaveLength(3);
});
