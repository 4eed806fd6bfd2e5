/** A test turned out not to concern what is under test; the message says why. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}
