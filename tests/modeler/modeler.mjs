// Presses the buttons of Camunda Modeler 5.x against a server: the same requests in the same order,
// and the same reading of the answers. Node 18 or later, nothing else.
//
//   node modeler.mjs < asked.json
//
// asked.json: {"button": "check" | "deploy" | "start",
//   "endpoint": {"url", "authType": "basic" | "bearer", "username", "password", "token"},
//   "tab": {"name", "contents"}, "deployment": {"name", "attachments": [{"name", "contents"}]},
//   "start": {"businessKey", "variables"}}
//
// The answer on stdout says what a person would see, and which requests were made.

const TIMEOUT_MS = 5000;
const PARSE_FAILURE = 'ENGINE-09005 Could not parse BPMN process.';
const CODES = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'UNAVAILABLE_ERROR',
};

class Refused extends Error {
  constructor(status, body) {
    super(body.message ?? `status ${status}`);
    const isDiagram = (body.message ?? '').startsWith(PARSE_FAILURE);
    this.code = isDiagram ? 'DIAGRAM_PARSE_ERROR' : (CODES[status] ?? 'CONNECTION_FAILED');
  }
}

const requests = [];

async function send(url, options = {}) {
  const asked = { method: options.method ?? 'GET', path: new URL(url).pathname };
  requests.push(asked);
  const began = performance.now();
  let response;
  try {
    // A redirect is followed as a browser would; the answer says that there was one.
    response = await fetch(url, {
      ...options,
      headers: { ...options.headers, accept: 'application/json' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    asked.failed = String(error.cause ?? error);
    throw new Refused(0, {});
  } finally {
    asked.ms = Math.round(performance.now() - began);
  }
  asked.status = response.status;
  asked.redirected = response.redirected;
  asked.type = response.headers.get('content-type');
  if (!response.ok) {
    throw new Refused(response.status, await response.json().catch(() => ({})));
  }
  return response;
}

class Endpoint {
  constructor({ url, authType, username, password, token }) {
    this.url = url;
    this.root = url.replace(/\/deployment\/create\/?/, '');
    this.credentials = { basic: { username, password }, bearer: { token } }[authType];
  }

  // Empty credentials still make a header: fetch writes the undefined value out as a word.
  headers(more = {}) {
    return this.credentials ? { ...more, authorization: this.authorization() } : more;
  }

  authorization() {
    const { username, password, token } = this.credentials;
    if (token) return `Bearer ${token}`;
    // btoa knows Latin-1 only, and throws at anything beyond.
    return username && password ? `Basic ${btoa(`${username}:${password}`)}` : undefined;
  }

  get(path) {
    return send(`${this.root}${path}`, { headers: this.headers() });
  }

  // The window's address is a file, and so is the origin that it names.
  post(path, body, headers = {}) {
    const all = this.headers({ ...headers, origin: 'file://' });
    return send(`${this.root}${path}`, { method: 'POST', body, headers: all });
  }

  check() {
    return this.get('/deployment?maxResults=0');
  }

  async version() {
    try {
      return (await (await this.get('/version')).json()).version;
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }

  async deploy(tab, { name, attachments = [], tenantId }) {
    const form = new FormData();
    form.append('deployment-name', name);
    form.append('deployment-source', 'Camunda Modeler');
    form.append('enable-duplicate-filtering', 'true');
    if (tenantId) form.append('tenant-id', tenantId);
    form.append(tab.name, new Blob([tab.contents], { type: 'text/xml' }), tab.name);
    for (const file of attachments) {
      form.append(file.name, new Blob([file.contents]), file.name);
    }
    const body = await (await this.post('/deployment/create', form)).json();
    return { id: body.id, definition: Object.values(body.deployedProcessDefinitions ?? {})[0] };
  }

  async start(definition, { businessKey = null, variables = null } = {}) {
    const body = JSON.stringify({ businessKey, variables });
    const headers = { 'content-type': 'application/json' };
    const path = `/process-definition/${definition.id}/start`;
    return (await this.post(path, body, headers)).json();
  }

  async cockpit() {
    const { protocol, host } = new URL(this.url);
    try {
      const path = '/.well-known/camunda-automation-platform/webapps';
      const { cockpitUrl } = await (await send(`${protocol}//${host}${path}`)).json();
      if (cockpitUrl) {
        return cockpitUrl.replace(/\/?$/, '/').replace(/cockpit\/$/, 'cockpit/default/#/');
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
    return `${protocol}//${host}/camunda/app/cockpit/default/#/`;
  }
}

const deploymentQuery = (id) =>
  `?deploymentsQuery=%5B%7B%22type%22:%22id%22,%22operator%22:%22eq%22,%22value%22:%22${id}%22%7D%5D`;

const buttons = {
  async check({ endpoint }) {
    await endpoint.check();
    return {};
  },

  async deploy({ endpoint, tab, deployment }) {
    await endpoint.check();
    const version = await endpoint.version();
    const deployed = await endpoint.deploy(tab, deployment);
    const link = `${await endpoint.cockpit()}repository${deploymentQuery(deployed.id)}`;
    return { version, ...deployed, link };
  },

  async start({ endpoint, tab, deployment, start }) {
    await endpoint.check();
    const version = await endpoint.version();
    const { definition } = await endpoint.deploy(tab, deployment);
    const instance = await endpoint.start(definition, start);
    const link = `${await endpoint.cockpit()}process-instance/${instance.id}`;
    return { version, definition, instance, link };
  },
};

async function press(asked) {
  const endpoint = new Endpoint(asked.endpoint);
  try {
    return { ok: true, ...(await buttons[asked.button]({ ...asked, endpoint })) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, code: error.code, log: error.message };
  }
}

let text = '';
for await (const chunk of process.stdin) text += chunk;
process.stdout.write(JSON.stringify({ ...(await press(JSON.parse(text))), requests }));
