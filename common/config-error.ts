/** A fault of the configuration or the surroundings; its message is for the user. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
