/** Everything that a test's node consists of, which its owner may let live on after the test. */
export class Scene implements AsyncDisposable {
  readonly #things: AsyncDisposable[] = [];

  /** From now on `thing` lives as long as the scene. */
  add<T extends AsyncDisposable>(thing: T): T {
    this.#things.push(thing);
    return thing;
  }

  /** Ends everything, the latest first; all are ended, whatever one of them throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    const problems: unknown[] = [];
    for (const thing of this.#things.splice(0).reverse()) {
      try {
        await thing[Symbol.asyncDispose]();
      } catch (error) {
        problems.push(error);
      }
    }
    if (problems.length > 0) throw problems[0];
  }
}
