import { serverOf } from "../../../components/kubernetes/pull-secret";

test.each([
  ["registry.example.com/batch", "registry.example.com"],
  ["registry.example.com", "registry.example.com"],
  ["registry:5000/batch", "registry:5000"],
  ["localhost/batch", "localhost"],
  ["docker.io/me", "docker.io"],
  ["me", "docker.io"],
  ["me/batch", "docker.io"],
])("the server of the registry %s is %s, as nodes take it", (registry, server) => expect(serverOf(registry)).toBe(server));
