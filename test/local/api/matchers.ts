/** Jest's matchers without its `any`. */
export const aString: unknown = expect.any(String);
export const containing = (text: string): unknown => expect.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
/** A list in which some item has these properties. */
export const including = (properties: object): unknown => expect.arrayContaining([expect.objectContaining(properties)]);
