// The GraphQL-over-HTTP specification, as npm graphql-http audits it: every
// MUST, SHOULD and MAY holds.
import assert from 'node:assert/strict';
import test from 'node:test';
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: `${process.env.PARLEY_TEST_URL}/graphql` });

test('there are as many audits as ever', () => assert.ok(audits.length >= 61, `${audits.length} audits`));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
