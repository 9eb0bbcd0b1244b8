import { Harness, project, removeTemporaryFolders, serviceName } from "../harness";
import { aString, containing, matching } from "../matchers";

let harness: Harness;
beforeEach(() => (harness = new Harness()));
afterEach(async () => {
  await harness.close();
  removeTemporaryFolders();
});

const users = `${project}/user`;
const create = async (body: Record<string, unknown> = { role: "objectstore_operator" }): Promise<number> => {
  const { id } = (await harness.call("POST", users, body)).body as { id: number };
  await harness.settle();
  return id;
};
const policy = (bucket: string): string =>
  JSON.stringify({
    Statement: [{ Sid: "RW", Effect: "Allow", Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] }],
  });

it("is creating, then ok; the password is told once", async () => {
  harness = new Harness({ delays: { user: 5000 } });
  const { status, body } = await harness.call("POST", users, { description: "worker", roles: ["objectstore_operator"] });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: "creating",
    username: matching(/^user-/),
    description: "worker",
    password: aString,
    roles: [{ name: "objectstore_operator" }],
  });
  const { id } = body as { id: number };
  expect((await harness.call("POST", `${users}/${id}/s3Credentials`)).status).toBe(400);
  await harness.pass(5);
  const shown = (await harness.call("GET", `${users}/${id}`)).body;
  expect(shown).toMatchObject({ id, status: "ok" });
  expect(shown).not.toHaveProperty("password");
  expect((await harness.call("GET", users)).body).toEqual([shown]);
});

it("is deleting, then gone with its credentials", async () => {
  harness = new Harness({ delays: { delete: 5000 } });
  const id = await create();
  await harness.call("POST", `${users}/${id}/s3Credentials`);
  expect(harness.storage.access.accounts).toHaveLength(1);
  expect((await harness.call("DELETE", `${users}/${id}`)).status).toBe(200);
  expect((await harness.call("GET", `${users}/${id}`)).body).toMatchObject({ status: "deleting" });
  await harness.pass(5);
  expect((await harness.call("GET", `${users}/${id}`)).status).toBe(404);
  expect(harness.storage.access.accounts).toEqual([]);
  expect((await harness.call("DELETE", `${users}/${id}`)).status).toBe(404);
});

it("refuses a role that there is not", async () => {
  expect(await harness.call("POST", users, { role: "king" })).toMatchObject({
    status: 400,
    body: { message: containing("king") },
  });
  expect((await harness.call("GET", users)).body).toEqual([]);
});

it("changes roles and passwords", async () => {
  const id = await create();
  const { roles } = (await harness.call("GET", `${project}/role`)).body as { roles: { id: string; name: string }[] };
  const administrator = roles.find(({ name }) => name === "administrator");
  expect((await harness.call("PUT", `${users}/${id}/role`, { rolesIds: [administrator?.id] })).body).toMatchObject({
    roles: [{ name: "administrator" }],
  });
  expect((await harness.call("PUT", `${users}/${id}/role`, { rolesIds: ["x"] })).status).toBe(400);
  const first = (await harness.call("POST", `${users}/${id}/regeneratePassword`)).body as { password: string };
  const second = (await harness.call("POST", `${users}/${id}/regeneratePassword`)).body as { password: string };
  expect(first.password).not.toBe(second.password);
});

it("has an openrc in which the official provider finds what it looks for", async () => {
  const id = await create();
  const { content } = (await harness.call("GET", `${users}/${id}/openrc?region=to_be_overriden`)).body as { content: string };
  // The regular expressions of terraform-provider-ovh.
  expect(/export OS_TENANT_NAME="?([A-Za-z0-9]+)"?/.exec(content)?.[1]).toBeDefined();
  expect(/export OS_TENANT_ID="??([A-Za-z0-9]+)"??/.exec(content)?.[1]?.length).toBeGreaterThan(0);
  expect(/export OS_AUTH_URL="??(\S+)"??/.exec(content)?.[1]).toContain("https://");
  expect(/export OS_USERNAME="?([A-Za-z0-9]+)"?/.exec(content)?.[1]).toBe("user");
  expect(content).toContain(`OS_TENANT_ID=${serviceName}`);
});

it("has S3 credentials, whose secret is told on asking", async () => {
  const id = await create();
  const at = `${users}/${id}/s3Credentials`;
  const created = (await harness.call("POST", at)).body as { access: string; secret: string };
  expect(created).toEqual({
    access: matching(/^[0-9a-f]{32}$/),
    secret: matching(/^[0-9a-f]{32}$/),
    tenantId: serviceName,
    userId: aString,
  });
  const { secret, ...shown } = created;
  expect((await harness.call("GET", at)).body).toEqual([shown]);
  expect((await harness.call("GET", `${at}/${created.access}`)).body).toEqual(shown);
  expect((await harness.call("POST", `${at}/${created.access}/secret`)).body).toEqual({ secret });
  expect(harness.storage.access.accounts).toMatchObject([{ access: created.access, secret, statements: [] }]);
  expect((await harness.call("DELETE", `${at}/${created.access}`)).status).toBe(200);
  expect((await harness.call("GET", `${at}/${created.access}`)).status).toBe(404);
  expect(harness.storage.access.accounts).toEqual([]);
});

it("does on the S3 server what its policy says, as soon as it says it", async () => {
  const id = await create();
  await harness.call("POST", `${users}/${id}/s3Credentials`);
  const at = `${users}/${id}/policy`;
  expect((await harness.call("GET", at)).body).toEqual({ policy: "" });
  expect((await harness.call("POST", at, { policy: policy("videos") })).status).toBe(200);
  expect((await harness.call("GET", at)).body).toEqual({ policy: policy("videos") });
  expect(harness.storage.access.accounts[0]?.statements).toEqual([
    { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::videos", "arn:aws:s3:::videos/*"] },
  ]);
  await harness.call("POST", at, { policy: '{"Statement":[]}' });
  expect(harness.storage.access.accounts[0]?.statements).toEqual([]);
});

it("may do nothing on the S3 server without a role for it", async () => {
  const id = await create({ role: "compute_operator" });
  await harness.call("POST", `${users}/${id}/s3Credentials`);
  await harness.call("POST", `${users}/${id}/policy`, { policy: policy("videos") });
  expect(harness.storage.access.accounts[0]?.statements).toEqual([]);
});

it.each([
  ["no JSON", "{", "not valid JSON"],
  ["no statements", "{}", "Statement"],
  ["an unknown effect", '{"Statement":[{"Effect":"Maybe","Action":"s3:*","Resource":"*"}]}', "Effect"],
  ["an action of another service", '{"Statement":[{"Effect":"Allow","Action":"ec2:Run","Resource":"*"}]}', "s3:GetObject"],
  ["a resource of another service", '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"videos"}]}', "arn:aws:s3:::"],
  [
    "a condition, which it would otherwise pass over",
    '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{}}]}',
    "Condition",
  ],
])("refuses a policy with %s", async (_what, text, message) => {
  const id = await create();
  expect(await harness.call("POST", `${users}/${id}/policy`, { policy: text })).toMatchObject({
    status: 400,
    body: { message: containing(message) },
  });
  expect((await harness.call("GET", `${users}/${id}/policy`)).body).toEqual({ policy: "" });
});
