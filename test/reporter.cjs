// Mocha's spec reporter, the failed tests once more by name (the end of a log is what is kept of it), and one closing line
// that a machine can read: `N passed, N failed, N skipped`.
const { reporters } = require('mocha');

module.exports = class extends reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    for (const test of this.failures) {
      const [line] = `${test.err?.message ?? ''}`.split('\n');
      console.log(`failed: ${test.titlePath().join(' > ')}: ${line}`);
    }
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
};
