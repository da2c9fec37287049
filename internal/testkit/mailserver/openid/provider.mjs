// An OpenID provider for tests, which stands in for Google and Microsoft. Its
// settings come as JSON in the first argument; the first line of its output is
// its issuer. It asks nobody: login_hint, or the first account, logs in and
// consents. What a test does to it goes to /control.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
let declining = false;

const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${server.address().port}`;

// Like Google's, the subject tells nothing; mail servers go by the e-mail address.
const subject = (email) => createHash('sha256').update(email).digest('hex').slice(0, 21);
const emails = new Map(settings.accounts.map((email) => [subject(email), email]));
const unverified = new Set(); // subjects whose address the provider has not verified
const groups = new Map(); // subject -> the values of the claim groups, which only the userinfo has
const grants = new Map(); // subject -> Set of grant ids

const provider = new Provider(issuer, {
  clients: [{
    client_id: settings.clientID,
    client_secret: settings.clientSecret,
    redirect_uris: settings.redirectURIs,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_post',
    // Sessions have names, by which they are ended. The test itself takes the tokens there.
    backchannel_logout_uri: `${issuer}/unused`,
    backchannel_logout_session_required: true,
  }, {
    // The mail server, which asks about tokens.
    client_id: settings.resourceID,
    client_secret: settings.resourceSecret,
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  scopes: ['openid', 'offline_access', ...settings.scopes],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  // Google grants one for access_type=offline, which OpenID knows nothing of.
  issueRefreshToken: async () => true,
  extraTokenClaims: async (_, token) => ({ email: emails.get(token.accountId) }),
  findAccount: async (_, id) => emails.has(id) && {
    accountId: id,
    claims: async (use) => ({
      sub: id, email: emails.get(id), email_verified: !unverified.has(id), name: emails.get(id),
      ...(use === 'userinfo' && groups.has(id) ? { groups: groups.get(id) } : {}),
    }),
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  ttl: {
    AccessToken: settings.accessTokenSeconds, RefreshToken: 86400, Grant: 86400, Session: 86400,
    Interaction: 600, IdToken: 3600, AuthorizationCode: 60,
  },
  cookies: { keys: ['tests'] },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    backchannelLogout: { enabled: true },
  },
});

// An address that ends in * stands for all that begin so: a client's own has an id that is
// made once the provider is known there.
provider.Client.prototype.redirectUriAllowed = function (uri) {
  return this.redirectUris.some((known) => known === uri || (known.endsWith('*') && uri.startsWith(known.slice(0, -1))));
};

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  if (declining) {
    return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'The user declined' });
  }
  if (prompt.name === 'login') {
    const accountId = subject(params.login_hint ?? settings.accounts[0]);
    return provider.interactionFinished(request, response, { login: { accountId } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? '');
  const grantId = await grant.save();
  if (!grants.has(session.accountId)) grants.set(session.accountId, new Set());
  grants.get(session.accountId).add(grantId);
  return provider.interactionFinished(request, response, { consent: { grantId } });
}

// As if the user took back at the provider what they had granted.
async function revoke(email) {
  for (const id of grants.get(subject(email)) ?? []) {
    await provider.AccessToken.revokeByGrantId(id);
    await provider.RefreshToken.revokeByGrantId(id);
    await (await provider.Grant.find(id))?.destroy();
  }
  grants.delete(subject(email));
}

// The token by which a person's sessions, or one of them, are ended.
async function logoutToken(query) {
  const client = await provider.Client.find(settings.clientID);
  const token = new provider.IdToken({ sub: subject(query.get('account')) }, { client, ctx: undefined });
  token.mask = { sub: null };
  token.set('events', { [query.get('event') ?? 'http://schemas.openid.net/event/backchannel-logout']: {} });
  token.set('jti', createHash('sha256').update(`${query}`).digest('hex'));
  for (const name of ['sid', 'nonce']) if (query.get(name)) token.set(name, query.get(name));
  return token.issue({ use: 'logout' });
}

async function control(url, response) {
  const query = url.searchParams;
  if (url.pathname === '/control/logout') return response.writeHead(200).end(await logoutToken(query));
  if (url.pathname === '/control/readdress') emails.set(subject(query.get('account')), query.get('to'));
  if (url.pathname === '/control/unverify') unverified.add(subject(query.get('account')));
  if (url.pathname === '/control/groups') groups.set(subject(query.get('account')), query.getAll('group'));
  if (url.pathname === '/control/revoke') await revoke(url.searchParams.get('account'));
  if (url.pathname === '/control/decline') declining = url.searchParams.get('decline') === 'true';
  response.writeHead(204).end();
}

server.on('request', (request, response) => {
  const url = new URL(request.url, issuer);
  const failed = (error) => {
    process.stderr.write(`${error.stack}\n`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  };
  if (url.pathname.startsWith('/interaction/')) interact(request, response).catch(failed);
  else if (url.pathname.startsWith('/control/')) control(url, response).catch(failed);
  else provider.callback()(request, response);
});

provider.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`));
process.stdin.resume().on('end', () => process.exit(0)); // ends with the test
process.stdout.write(`${issuer}\n`);
