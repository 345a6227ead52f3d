import type { Reporter, TestModule } from 'vitest/node';

/** Prints the run's last line: `N passed, N failed`, and `, N skipped` where anything was. */
export default class SummaryReporter implements Reporter {
  #modules: readonly TestModule[] = [];
  #errors = 0;

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.#modules = modules;
    this.#errors = errors.length;
    process.once('exit', () => process.stdout.write(`${this.#line()}\n`));
  }

  #line(): string {
    const states = this.#modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const count = (state: string): number => states.filter((other) => other === state).length;
    const broken = this.#modules.filter((module) => module.errors().length > 0).length;
    const skipped = count('skipped');
    const failed = count('failed') + broken + this.#errors;
    return `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}
