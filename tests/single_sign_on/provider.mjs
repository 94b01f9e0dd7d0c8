// A single sign-on like that of an office: node-oidc-provider, with people whom the test names.
//
// Says `{"issuer": ...}` on standard output when it listens. PUT /people/{subject} with claims adds
// or changes a person; POST /logout/{subject} is a logout there.
import http from 'node:http';
import Provider from 'oidc-provider';

const { port, redirect, backchannel } = JSON.parse(process.argv[2]);
const people = new Map();
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'alur',
    client_secret: 'rahasia-dari-sso',
    redirect_uris: [redirect],
    backchannel_logout_uri: backchannel,
    response_types: ['code'],
    grant_types: ['authorization_code'],
  }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
  cookies: { keys: ['only-for-this-test'] },
  features: {
    devInteractions: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  // It refuses to call addresses of its own machine, which is where the test lives.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  findAccount: (_ctx, id) => people.has(id)
    ? { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }
    : undefined,
});

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

async function logOut(subject) {
  const client = await provider.Client.find('alur');
  await client.backchannelLogout(subject, 'sid-of-no-matter');
}

const answer = provider.callback();
const server = http.createServer(async (request, response) => {
  const [, noun, subject] = request.url.split('/');
  if (request.method === 'PUT' && noun === 'people') {
    people.set(subject, await body(request));
  } else if (request.method === 'POST' && noun === 'logout') {
    try {
      await logOut(subject);
    } catch (error) {
      return response.writeHead(502).end(String(error));
    }
  } else {
    return answer(request, response);
  }
  response.writeHead(204).end();
});
server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ issuer })));
