// npm graphql-sse, in its distinct connections mode, against Parley's event streams.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createClient } from 'graphql-sse';

const base = process.env.PARLEY_TEST_URL;
const control = (what) => fetch(`${base}/control/${what}`, { method: 'POST' });

function client(t, options = {}) {
  const seen = { connecting: 0 };
  const c = createClient({
    url: `${base}/graphql`,
    retry: async () => {},
    on: { connecting: () => seen.connecting++ },
    ...options,
  });
  t.after(() => c.dispose());
  return { c, seen };
}

async function all(results) {
  const got = [];
  for await (const result of results) got.push(result);
  return got;
}

test('a query', async (t) => {
  const { c } = client(t);
  assert.deepEqual(await all(c.iterate({ query: '{kind}' })), [{ data: { kind: 'ANYONE' } }]);
});

test('a mutation, authenticated by a header', async (t) => {
  const { c } = client(t, { headers: { Authorization: 'Bearer agent' } });
  assert.deepEqual(await all(c.iterate({ query: 'mutation{kind}' })), [{ data: { kind: 'AGENT' } }]);
});

test('a subscription, with variables', async (t) => {
  const { c } = client(t);
  const got = await all(c.iterate({ query: 'subscription($n:Int!){count(to:$n)}', variables: { n: 3 } }));
  assert.deepEqual(got.map((r) => r.data.count), [1, 2, 3]);
});

test('an operation that the schema does not have', async (t) => {
  const { c, seen } = client(t);
  const got = await all(c.iterate({ query: 'subscription{nothing}' }));
  assert.equal(got[0].errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  assert.equal(seen.connecting, 1);
});

test('a subscription that breaks off', async (t) => {
  const { c } = client(t);
  const got = await all(c.iterate({ query: 'subscription{broken}' }));
  assert.deepEqual(got, [{ data: { broken: 1 } }, { errors: [{ message: 'it broke' }] }]);
});

test('a lost connection is made again, and the subscription with it', async (t) => {
  const { c, seen } = client(t);
  const results = c.iterate({ query: 'subscription{echo(text:"1")}' });
  await results.next();
  await control('cut').catch(() => {}); // this very request may be cut, too
  assert.deepEqual((await results.next()).value, { data: { echo: '1' } });
  assert.ok(seen.connecting >= 2);
  await results.return();
});

test('a token that is no good', async (t) => {
  const { c } = client(t, { retryAttempts: 0, headers: { Authorization: 'Bearer nobody' } });
  await assert.rejects(all(c.iterate({ query: '{kind}' })), (err) => err.response.status === 401);
});

test('a token that is revoked ends the stream with its error', async (t) => {
  await control('restore');
  const { c } = client(t, { headers: { Authorization: 'Bearer fleeting' } });
  const results = c.iterate({ query: 'subscription{echo(text:"1")}' });
  await results.next();
  await control('revoke');
  assert.equal((await results.next()).value.errors[0].extensions.code, 'UNAUTHENTICATED');
  assert.equal((await results.next()).done, true);
});
