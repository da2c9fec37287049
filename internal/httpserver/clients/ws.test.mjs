// npm graphql-ws against Parley's WebSockets.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const base = process.env.PARLEY_TEST_URL;
const control = (what) => fetch(`${base}/control/${what}`, { method: 'POST' });

// A client that comes back at once and for ever, and what it went through.
function client(t, options = {}) {
  const seen = { connecting: 0, closed: [], pongs: 0 };
  const c = createClient({
    url: `${base.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: Infinity,
    retryWait: async () => {},
    on: {
      connecting: () => seen.connecting++,
      closed: (event) => seen.closed.push(event.code),
      pong: (received) => received && seen.pongs++,
    },
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

test('a mutation, authenticated by connectionParams', async (t) => {
  const { c } = client(t, { connectionParams: { Authorization: 'Bearer agent' } });
  assert.deepEqual(await all(c.iterate({ query: 'mutation{kind}' })), [{ data: { kind: 'AGENT' } }]);
});

test('a subscription, with variables', async (t) => {
  const { c } = client(t);
  const got = await all(c.iterate({ query: 'subscription($n:Int!){count(to:$n)}', variables: { n: 3 } }));
  assert.deepEqual(got.map((r) => r.data.count), [1, 2, 3]);
});

test('an operation that the schema does not have', async (t) => {
  const { c, seen } = client(t);
  await assert.rejects(all(c.iterate({ query: 'subscription{nothing}' })), (errors) => {
    assert.match(errors[0].message, /Cannot query field/);
    assert.equal(errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
  assert.equal(seen.connecting, 1);
});

test('a subscription that breaks off', async (t) => {
  const { c } = client(t);
  const results = c.iterate({ query: 'subscription{broken}' });
  assert.deepEqual((await results.next()).value, { data: { broken: 1 } });
  await assert.rejects(results.next(), (errors) => errors[0].message === 'it broke');
});

test('many at once, each ended by its client', async (t) => {
  const { c } = client(t);
  const results = [];
  for (let i = 0; i < 20; i++) results.push(c.iterate({ query: `subscription{echo(text:"${i}")}` }));
  for (let i = 0; i < 20; i++) {
    assert.deepEqual((await results[i].next()).value, { data: { echo: `${i}` } });
    await results[i].return();
  }
});

test("the client's pings are answered", async (t) => {
  const { c, seen } = client(t, { keepAlive: 5 });
  const results = c.iterate({ query: 'subscription{echo(text:"1")}' });
  await results.next();
  while (seen.pongs < 3) await new Promise((done) => setTimeout(done, 5));
  await results.return();
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

test('a token that is no good is final', async (t) => {
  const { c, seen } = client(t, { connectionParams: { Authorization: 'Bearer nobody' } });
  await assert.rejects(all(c.iterate({ query: '{kind}' })), (event) => {
    assert.equal(event.code, 4401);
    assert.equal(event.reason, 'This token is unknown.');
    return true;
  });
  assert.equal(seen.connecting, 1);
});

test('a token that is revoked: the client comes back with another', async (t) => {
  let token = 'fleeting';
  const { c, seen } = client(t, { connectionParams: () => ({ Authorization: `Bearer ${token}` }) });
  const results = c.iterate({ query: 'subscription{a:echo(text:"1")}' });
  await results.next();
  token = 'admin';
  await control('revoke');
  assert.deepEqual((await results.next()).value, { data: { a: '1' } });
  assert.deepEqual(seen.closed, [4403]);
  await results.return();
});

test('a token that is revoked: the client does not come back with it for ever', async (t) => {
  await control('restore');
  const { c, seen } = client(t, { connectionParams: { Authorization: 'Bearer fleeting' } });
  const results = c.iterate({ query: 'subscription{echo(text:"1")}' });
  await results.next();
  await control('revoke');
  await assert.rejects(results.next(), (event) => event.code === 4401);
  assert.deepEqual(seen.closed, [4403, 4401]);
});
