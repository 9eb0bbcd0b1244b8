import { type Command } from "commander";
import { type CommonOptions, type Context } from "../connection/context";
import { type ExitCode } from "../terminal/errors";

/** Does a command's work; without an answer it ends with 0. */
export type Handler<O> = (context: Context, options: O & CommonOptions, operands: string[]) => Promise<ExitCode | void>;

/** Adds a command with the common flags. */
export type Register = <O = object>(name: string, description: string, handler: Handler<O>) => Command;
