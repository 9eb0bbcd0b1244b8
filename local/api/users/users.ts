/**
 * `/cloud/project/{id}/user`: users, their S3 credentials and policies.
 * Imports `catalog/`, `context/`, `request/` and `state/`.
 */
import { randomBytes } from "node:crypto";
import * as z from "zod";
import { roles } from "../catalog/catalog";
import { delayOf, nowText, type Context } from "../context/context";
import { badRequest, notFound } from "../request/errors";
import type { UserRecord } from "../state/model";
import { parsePolicy } from "./policy";
import { Tasks } from "../context/tasks";
import { invalid, parseBody } from "../request/validate";

const createSchema = z.strictObject({
  description: z.string().optional(),
  role: z.string().optional(),
  roles: z.array(z.string()).optional(),
});
const rolesSchema = z.strictObject({ rolesIds: z.array(z.string()) });
const policySchema = z.strictObject({ policy: z.string() });

/** The project's users with their S3 credentials and policies. */
export class Users {
  private readonly tasks: Tasks;

  /** @param applyPolicies makes the S3 server follow what the users may do now */
  constructor(
    private readonly context: Context,
    private readonly applyPolicies: () => Promise<void>,
  ) {
    this.tasks = new Tasks((key, error) => context.log(`user ${key}: ${String(error)}`));
  }

  list(): Record<string, unknown>[] {
    return Object.values(this.context.store.state.users).map(userView);
  }

  get(id: string): Record<string, unknown> {
    return userView(this.record(id));
  }

  /** The answer holds the password; later answers do not. */
  create(input: unknown): Record<string, unknown> {
    const body = parseBody(createSchema, input);
    const names = [...(body.roles ?? []), ...(body.role === undefined ? [] : [body.role])];
    const unknown = names.filter((name) => !roles.some((role) => role.name === name));
    if (unknown.length > 0) throw invalid({ roles: `no such role: ${unknown.join(", ")}` });
    const { state } = this.context.store;
    const user: UserRecord = {
      id: state.nextUserId++,
      username: `user-${randomBytes(6).toString("hex")}`,
      openstackId: randomBytes(16).toString("hex"),
      description: body.description ?? "",
      creationDate: nowText(this.context),
      password: randomBytes(24).toString("base64url"),
      status: "creating",
      roles: roles.filter((role) => names.includes(role.name)).map((role) => role.id),
      credentials: [],
    };
    state.users[user.id] = user;
    this.context.store.changed();
    this.run(user);
    return { ...userView(user), password: user.password };
  }

  async setRoles(id: string, input: unknown): Promise<Record<string, unknown>> {
    const user = this.record(id);
    const { rolesIds } = parseBody(rolesSchema, input);
    const unknown = rolesIds.filter((roleId) => !roles.some((role) => role.id === roleId));
    if (unknown.length > 0) throw invalid({ rolesIds: `no such role: ${unknown.join(", ")}` });
    user.roles = rolesIds;
    this.context.store.changed();
    await this.applyPolicies();
    return userView(user);
  }

  regeneratePassword(id: string): Record<string, unknown> {
    const user = this.record(id);
    user.password = randomBytes(24).toString("base64url");
    this.context.store.changed();
    return { ...userView(user), password: user.password };
  }

  remove(id: string): void {
    const user = this.record(id);
    if (user.status === "deleting") return;
    user.status = "deleting";
    this.context.store.changed();
    this.run(user);
  }

  /** A shell script for the OpenStack client, which the official provider reads the user's names from. */
  openrc(id: string, region: string): { content: string } {
    const user = this.record(id);
    const values = {
      OS_AUTH_URL: "https://auth.cloud.ovh.net/v3",
      OS_IDENTITY_API_VERSION: "3",
      OS_USER_DOMAIN_NAME: '"Default"',
      OS_PROJECT_DOMAIN_NAME: '"Default"',
      OS_TENANT_ID: this.context.serviceName,
      OS_TENANT_NAME: '"0000000000000000"',
      OS_USERNAME: `"${user.username}"`,
      OS_REGION_NAME: `"${region}"`,
    };
    return { content: ["#!/bin/bash", ...Object.entries(values).map(([name, value]) => `export ${name}=${value}`), ""].join("\n") };
  }

  credentials(id: string): Record<string, unknown>[] {
    const user = this.record(id);
    return user.credentials.map(({ access }) => this.credentialView(user, access));
  }

  credential(id: string, access: string): Record<string, unknown> {
    const user = this.record(id);
    return this.credentialView(user, this.secretOf(user, access).access);
  }

  async createCredential(id: string): Promise<Record<string, unknown>> {
    const user = this.record(id);
    if (user.status !== "ok") throw badRequest(`User ${id} is not ok but ${user.status}`);
    const credential = { access: randomBytes(16).toString("hex"), secret: randomBytes(16).toString("hex") };
    user.credentials.push(credential);
    this.context.store.changed();
    await this.context.store.flush();
    await this.applyPolicies();
    return { ...this.credentialView(user, credential.access), secret: credential.secret };
  }

  secret(id: string, access: string): { secret: string } {
    return { secret: this.secretOf(this.record(id), access).secret };
  }

  async deleteCredential(id: string, access: string): Promise<void> {
    const user = this.record(id);
    this.secretOf(user, access);
    user.credentials = user.credentials.filter((credential) => credential.access !== access);
    this.context.store.changed();
    await this.applyPolicies();
  }

  policy(id: string): { policy: string } {
    return { policy: this.record(id).policy?.text ?? "" };
  }

  async setPolicy(id: string, input: unknown): Promise<void> {
    const user = this.record(id);
    const { policy: text } = parseBody(policySchema, input);
    user.policy = { text, statements: parsePolicy(text) };
    this.context.store.changed();
    await this.applyPolicies();
  }

  resume(): void {
    for (const user of Object.values(this.context.store.state.users)) this.run(user);
  }

  close(): void {
    this.tasks.close();
  }

  idle(): Promise<void> {
    return this.tasks.idle();
  }

  private run(user: UserRecord): void {
    if (user.status === "ok") return;
    this.tasks.start(`${user.status} ${user.id}`, async (signal) => {
      await this.context.clock.sleep(delayOf(this.context, user.status === "creating" ? "user" : "delete"), signal);
      if (user.status === "creating") user.status = "ok";
      else {
        delete this.context.store.state.users[user.id];
        await this.applyPolicies();
      }
      this.context.store.changed();
    });
  }

  private credentialView(user: UserRecord, access: string): Record<string, unknown> {
    return { access, tenantId: this.context.serviceName, userId: user.openstackId };
  }

  private secretOf(user: UserRecord, access: string): UserRecord["credentials"][number] {
    const credential = user.credentials.find((candidate) => candidate.access === access);
    if (!credential) throw notFound(`S3 credential ${access} not found`);
    return credential;
  }

  private record(id: string): UserRecord {
    const user = this.context.store.state.users[id];
    if (!user) throw notFound(`User ${id} not found`);
    return user;
  }
}

function userView(user: UserRecord): Record<string, unknown> {
  return {
    id: user.id,
    username: user.username,
    openstackId: user.openstackId,
    description: user.description,
    creationDate: user.creationDate,
    status: user.status,
    roles: roles.filter((role) => user.roles.includes(role.id)),
  };
}
