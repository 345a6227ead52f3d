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
    const states = this.#modules.flatMap(statesOf);
    const count = (state: string): number => states.filter((other) => other === state).length;
    const broken = this.#modules.filter(isBroken).length;
    const skipped = count('skipped');
    const failed = count('failed') + broken + this.#errors;
    return `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  }
}

function statesOf(module: TestModule): readonly string[] {
  return [...module.children.allTests()].map((test) => test.result().state);
}

/** A file that failed outside its tests: it could not be read, or what all its tests need could not be set up. */
function isBroken(module: TestModule): boolean {
  return module.state() === 'failed' && !statesOf(module).includes('failed');
}
