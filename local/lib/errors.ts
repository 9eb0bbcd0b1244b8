/** A fault that the user can mend. Its message is shown without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** Runs a command's main function; a {@link UserError} ends it with exit status 1 and its message alone. */
export function main(run: () => Promise<number | void>): void {
  run().then(
    (code) => {
      if (typeof code === "number") process.exitCode = code;
    },
    (error: unknown) => {
      if (error instanceof UserError) console.error(`error: ${error.message}`);
      else console.error(error);
      process.exitCode = 1;
    },
  );
}
