import { parseQuantity } from "../batch/quantity";

/** Kubernetes quantities above 0, as args have them. */

export const isCpu = (text: string): boolean => /^[\d.]+m?$/.test(text) && isPositive(text);

/** Memory or disk space. Kubernetes takes `500m` for half a byte. */
export const isBytes = (text: string): boolean => !text.endsWith("m") && isPositive(text);

/** @param text @param least both quantities */
export const atLeast = (text: string, least: string): boolean => parseQuantity(text)! >= parseQuantity(least)!;

export const isPositive = (text: string): boolean => (parseQuantity(text) ?? 0) > 0;
