import { type Parameters, type ParametersInput, parseParameters } from "../../../batch";

export const minimal: ParametersInput = {
  name: "thumbnails",
  image: "registry/thumbnail:1",
  command: ["node", "main.js"],
  store: { endpoint: "http://127.0.0.1:1", region: "gra", bucket: "videos", accessKeyId: "id", secretAccessKey: "very-secret" },
};

/** Valid parameters; each value may be set. */
export function parametersWith(values: Partial<ParametersInput> = {}): Parameters {
  const { parameters, faults } = parseParameters({ ...minimal, ...values });
  if (!parameters) throw new Error(JSON.stringify(faults));
  return parameters;
}
