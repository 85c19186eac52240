
const BASE = '/__idempotency';
const MAX_ROWS = 500;
const NEWS_EVERY_MS = 1500;

const OUTCOMES = {
  executed: 'The handler ran.',
  replayed: 'The recorded answer went out again; the handler did not run.',
  conflict: 'The key was claimed and not completed yet; the handler did not run again.',
  mismatch: 'The key belongs to a different request; the handler did not run.',
  rejected: 'Turned away before the handler, and without a record.',
  passed: 'No key, or none is honoured here: straight to the handler, without a record.',
  takeover: 'An earlier execution did not finish within its lease; the handler ran again.',
  superseded: 'Another execution took over and finished first; its answer is the one on record.',
  store_error: 'The table was out of reach; the handler did not run.',
};
const RUNNING = 'It has no answer yet.';

const LOST = { 'crashed': 'The function crashed', 'timed-out': 'The function was killed at its timeout', 'threw': 'The function failed', 'gateway': 'The function did not run' };

/** Of each kind of event: what it is called once it has happened, what it is called before, and why it happened. */
const EVENTS = {
  claimed: ['claimed', '', ({ attempt }) => `${attempt === null ? 'The request' : `Attempt ${attempt}`} runs the handler.`],
  takeover: ['taken over', '', ({ attempt }) => `The lease had run out: attempt ${attempt} runs the handler again.`],
  completed: ['completed', '', ({ status }) => (status === null ? 'The answer is on record.' : `The answer is on record: ${status}.`)],
  released: ['released', '', ({ status }) => `The answer (${status}) is not kept: the next retry runs the handler.`],
  unpersisted: ['not recorded', '', () => 'The handler ran, and the table could not be told of its answer.'],
  superseded: ['superseded', '', () => 'Another execution had taken over: this one is not on record.'],
  lost: ['lost', '', ({ ended }) => `${LOST[ended] ?? 'The function ended'} and recorded nothing. Retries get 409 until the lease ends.`],
  gave_up: ['gateway gave up', '', ({ status }) => `It answered ${status}; the function went on.`],
  running: ['running', '', () => RUNNING],
  replayed: ['replayed', '', ({ status }) => `Answered from the record: ${status ?? ''}.`],
  conflict: ['conflict', '', ({ status }) => `${status ?? 409}: claimed, and not completed yet.`],
  mismatch: ['mismatch', '', ({ status }) => `${status ?? 422}: a different request under the same key.`],
  rejected: ['rejected', '', ({ status }) => `${status ?? ''}`],
  passed: ['passed', '', ({ status }) => `${status ?? ''}`],
  store_error: ['table out of reach', '', ({ status }) => `${status ?? 503}: the handler did not run.`],
  lease_ends: ['lease ended', 'lease ends', () => 'A retry takes over after it.'],
  expires: ['expired', 'expires', () => 'The key is new again after it.'],
};
const STATUSES = { P: 'in progress', C: 'completed', R: 'released' };

const byId = (id) => document.getElementById(id);
const [rows, content, title, search, news] = ['rows', 'content', 'title', 'search', 'news'].map(byId);

const requests = new Map();
const rowOf = new Map();
let counters = { total: 0, running: 0, outcomes: {} };
let apis = [];
let chosen = null;
let filter = null;
let detail = null;

/** Text goes in as text: nothing here makes markup of it. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== ''));
  return made;
}

const two = (number) => String(number).padStart(2, '0');
function clock(at) {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return new Date().toDateString() === date.toDateString() ? time : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
const withMillis = (at) => `${clock(at)}.${String(at % 1000).padStart(3, '0')}`;
function distance(at) {
  const seconds = Math.round(Math.abs(at - Date.now()) / 1000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86400)];
  const length = days > 1 ? `${days} days` : hours > 0 ? `${hours} h ${minutes % 60} min` : minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  return at > Date.now() ? `in ${length}` : `${length} ago`;
}

const outcomeOf = ({ outcome, answeredAt }) => (answeredAt === null ? 'running' : outcome);
const badge = (outcome) => element('span', { 'class': 'badge', 'data-outcome': outcome }, outcome.replace('_', ' '));

// The list

function fillRow(row, request) {
  const { at, method, path, api, key, status, answeredAt } = request;
  row.dataset.outcome = outcomeOf(request);
  row.replaceChildren(
    element('td', { class: 'time' }, withMillis(at)),
    element('td', { class: 'request' }, element('span', { class: 'method' }, method), path, apis.length > 1 ? element('span', { class: 'api' }, api) : null),
    element('td', { class: key === null ? 'key none' : 'key mono', title: key ?? '' }, key ?? 'none'),
    element('td', {}, badge(outcomeOf(request))),
    element('td', { class: status >= 500 ? 'number bad' : 'number' }, status === null ? '' : String(status)),
    element('td', { class: 'number' }, answeredAt === null ? '' : String(answeredAt - at)),
  );
}

function show(request, fresh) {
  requests.set(request.number, request);
  let row = rowOf.get(request.number);
  if (row === undefined) {
    row = element('tr', { 'id': `request-${request.number}`, 'tabindex': '-1', 'aria-selected': 'false', 'class': fresh ? 'fresh' : '' });
    rowOf.set(request.number, row);
    rows.prepend(row);
  }
  fillRow(row, request);
}

function drop(number) {
  const row = rowOf.get(number);
  if (row.contains(document.activeElement)) move(-1);
  row.remove();
  rowOf.delete(number);
  requests.delete(number);
}

function visible({ outcome, answeredAt, key, path, id }) {
  const wanted = search.value.trim().toLowerCase();
  const has = (text) => text !== null && text.toLowerCase().includes(wanted);
  return (filter === null || outcomeOf({ outcome, answeredAt }) === filter) && (has(key) || has(path) || has(id));
}

function arrange() {
  const id = requests.get(chosen)?.id ?? null;
  let any = false;
  for (const [number, row] of rowOf) {
    row.hidden = !visible(requests.get(number));
    any ||= !row.hidden;
    row.setAttribute('aria-selected', String(number === chosen));
    row.classList.toggle('kin', id !== null && requests.get(number).id === id);
    row.tabIndex = -1;
  }
  const entrance = [rowOf.get(chosen), ...rows.children].find((row) => row !== undefined && !row.hidden);
  if (entrance !== undefined) entrance.tabIndex = 0;
  const empty = byId('empty');
  empty.hidden = any;
  if (requests.size > 0 || apis.length === 0) empty.replaceChildren(requests.size > 0 ? 'None of the requests is one of these.' : 'Starting.');
  else empty.replaceChildren('Nothing yet. Send a request to ', element('code', {}, apis[0].url), ' with an ', element('code', {}, 'Idempotency-Key'), '.');
  for (const button of byId('filters').children) {
    const { outcome } = button.dataset;
    const count = outcome === '' ? counters.total : outcome === 'running' ? counters.running : counters.outcomes[outcome] ?? 0;
    button.dataset.count = String(count);
    button.lastChild.textContent = String(count);
    button.setAttribute('aria-pressed', String((filter ?? '') === outcome));
  }
}

function choose(number, focus = true) {
  chosen = number;
  arrange();
  if (focus) rowOf.get(number)?.focus();
  void load();
}

const shown = () => [...rows.children].filter((row) => !row.hidden);
const numberOf = (row) => Number(row.id.slice('request-'.length));

function move(steps) {
  const list = shown();
  const at = list.indexOf(rowOf.get(chosen));
  const target = list[at < 0 ? 0 : Math.min(Math.max(at + steps, 0), list.length - 1)];
  if (target !== undefined) choose(numberOf(target));
}

// What has happened to a key

async function load() {
  const request = requests.get(chosen);
  const id = request?.id ?? null;
  if (id === null) {
    detail = null;
    return render();
  }
  try {
    const response = await fetch(`${BASE}/data?id=${encodeURIComponent(id)}`);
    const answer = await response.json();
    if (requests.get(chosen)?.id !== id) return;
    detail = answer;
    render();
  } catch { /* The stream tells when the runner is back. */ }
}

let rendered = '';
function render() {
  const request = requests.get(chosen);
  const state = JSON.stringify([request, detail]);
  if (state === rendered) return;
  rendered = state;
  const focused = document.activeElement?.id;
  title.textContent = request === undefined ? 'No request is chosen' : request.key ?? 'No key';
  title.className = request?.key ? 'mono' : '';
  content.replaceChildren(...(request === undefined ? [element('p', { class: 'story' }, 'Choose one to see what happened to its key.')] : [
    element('p', { class: 'story' }, badge(outcomeOf(request)), storyOf(request)),
    sentOf(request),
    ...(detail === null ? [] : [
      ...section('Timeline', timelineOf(detail, request)),
      ...section('Record', recordOf(detail)),
      ...section('Stored response', ...storedOf(detail)),
    ]),
  ]));
  if (focused) byId(focused)?.focus();
  tick();
}

const storyOf = ({ outcome, answeredAt, code }) => (answeredAt === null ? RUNNING : `${OUTCOMES[outcome]}${code === null ? '' : ` ${code}.`}`);
const section = (name, ...children) => (children.length === 0 ? [] : [element('h3', {}, name), ...children]);
const facts = (pairs) => element('dl', {}, ...pairs.flatMap(([name, value]) => [element('dt', {}, name), value instanceof Node ? value : element('dd', {}, value)]));
const moment = (at) => element('dd', {}, `${clock(at)}, `, element('span', { 'data-distance': String(at) }));

const sentOf = ({ number, api, method, path, status, at, answeredAt }) => element('p', { class: 'sent' },
  `Request ${number} to ${api}: `, element('span', { class: 'mono' }, `${method} ${path}`), answeredAt === null ? '' : `, ${status} after ${answeredAt - at} ms`);

/** Retries that met the same are one line: the first, how many, and when the last one came. */
const REPEATED = ['conflict', 'replayed', 'mismatch', 'store_error'];
function grouped(events) {
  const groups = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last?.kind === event.kind && REPEATED.includes(event.kind)) groups[groups.length - 1] = { ...event, requests: [...last.requests, event.request] };
    else groups.push({ ...event, requests: [event.request] });
  }
  return groups;
}

function timelineOf({ timeline }, { number }) {
  return element('ol', { id: 'timeline' }, ...grouped(timeline).map((event) => {
    const [past, future, why] = EVENTS[event.kind];
    return element('li', { 'data-kind': event.kind, 'data-at': String(event.at), 'data-past': past, 'data-future': future || past, 'class': event.requests.includes(number) ? 'mine' : '' },
      element('span', { class: 'what' }, element('span'), event.requests.length > 1 ? element('span', { class: 'times' }, `× ${event.requests.length}`) : null),
      element('time', { datetime: new Date(event.at).toISOString() }, future ? clock(event.at) : withMillis(event.at)),
      element('span', { class: 'why' }, why(event)));
  }));
}

function recordOf({ id, stored, problem }) {
  const name = ['Id', element('dd', { class: 'mono' }, id)];
  if (problem !== null) return facts([name, ['State', `not read: ${problem}`]]);
  if (stored === null) return facts([name, ['State', 'there is none any more']]);
  if ('unreadable' in stored) return facts([name, ['Table', stored.table], ['State', `unreadable, ${stored.unreadable}`]]);
  const { status, attempt, claimedAt, leaseEnd, expiresAt, table } = stored;
  return facts([
    name,
    ['State', `${STATUSES[status]}, attempt ${attempt}`],
    ['Claimed', moment(claimedAt)],
    ...(leaseEnd === null ? [] : [['Lease ends', moment(leaseEnd)]]),
    ['Expires', moment(expiresAt)],
    ['Table', table],
  ]);
}

function storedOf({ stored }) {
  const response = stored?.response ?? null;
  if (response === null) return [];
  const { status, headers, body } = response;
  return [facts([['Status', String(status)], ...headers.map(([name, value]) => [name, element('dd', { class: 'mono' }, value)])]), ...bodyOf(body)];
}

function bodyOf(body) {
  const box = (text) => element('pre', { 'id': 'body', 'tabindex': '0', 'aria-label': 'Body' }, text);
  const note = (text) => element('p', { class: 'note' }, text);
  const cut = body.truncated ? ', of which this is the beginning' : '';
  switch (body.kind) {
    case 'text': return body.bytes === 0 ? [note('The body is empty.')] : [box(pretty(body.text)), note(`${body.bytes} bytes${cut}`)];
    case 'binary': return [box(body.base64), note(`${body.bytes} bytes in base64${cut}`)];
    case 'overflow': return [note(`The body is in the overflow bucket: ${body.object}`)];
    case 'too-large': return [note('The response was too large to keep: retries get 410.')];
    default: return [note(`The body cannot be read: ${body.reason}`)];
  }
}

/** JSON on several lines, each value as it is written: parsing would round numbers and drop repeated names. */
function pretty(text) {
  try {
    if (typeof JSON.parse(text) !== 'object') return text;
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  return text.match(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/g).map((token) => {
    if (token === '{' || token === '[') return (depth += 1, token + line());
    if (token === '}' || token === ']') return (depth -= 1, line() + token);
    return token === ',' ? token + line() : token === ':' ? ': ' : token;
  }).join('');
}

/** What time alone changes. */
function tick() {
  for (const span of content.querySelectorAll('[data-distance]')) span.textContent = distance(Number(span.dataset.distance));
  for (const item of content.querySelectorAll('#timeline li')) {
    const future = Number(item.dataset.at) > Date.now();
    item.classList.toggle('future', future);
    item.firstChild.firstChild.textContent = future ? item.dataset.future : item.dataset.past;
  }
}
setInterval(() => {
  tick();
  const { expiresAt } = detail?.stored ?? {};
  if (expiresAt < Date.now()) void load(); // until it has been swept
}, 1000);

// Keys and clicks

byId('requests').addEventListener('click', ({ target }) => {
  const row = target.closest('tbody tr');
  if (row !== null) choose(numberOf(row));
});
rows.addEventListener('focusin', ({ target }) => {
  if (chosen !== numberOf(target.closest('tr'))) choose(numberOf(target.closest('tr')), false);
});
const inRows = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  PageDown: () => move(10),
  PageUp: () => move(-10),
  Home: () => move(-MAX_ROWS),
  End: () => move(MAX_ROWS),
  Enter: () => title.focus(),
  Escape: () => document.activeElement.blur(),
};
const elsewhere = { 'ArrowDown': () => move(0), 'ArrowUp': () => move(0), '/': () => search.focus() };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  const act = target === search ? { Escape: leaveSearch, Enter: () => move(0), ArrowDown: () => move(0) }[key]
    : rows.contains(target) ? inRows[key] ?? (key === '/' ? elsewhere[key] : undefined)
      : byId('detail').contains(target) ? { 'Escape': () => rowOf.get(chosen)?.focus(), '/': elsewhere['/'] }[key]
        : elsewhere[key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
function leaveSearch() {
  search.value = '';
  arrange();
  move(0);
}
search.addEventListener('input', arrange);

for (const outcome of ['', ...Object.keys(OUTCOMES), 'running']) {
  const button = element('button', { 'type': 'button', 'data-outcome': outcome }, outcome === '' ? 'all' : outcome.replace('_', ' '), element('b', {}, '0'));
  button.addEventListener('click', () => {
    filter = outcome === '' || filter === outcome ? null : outcome;
    arrange();
  });
  byId('filters').append(button);
}

// What the runner tells

let untold = 0;
let lastNews = 0;
let latest;
let telling;

/** At most once in a while, and never leaves the last ones untold. */
function announce(answered) {
  if (answered.length === 0) return;
  untold += answered.length;
  latest = answered.at(-1);
  telling ??= setTimeout(tell, Math.max(0, lastNews + NEWS_EVERY_MS - Date.now()));
}

function tell() {
  telling = undefined;
  lastNews = Date.now();
  news.textContent = `${untold > 1 ? `${untold} requests, the latest: ` : ''}${latest.method} ${latest.path} ${latest.status} ${latest.outcome}`;
  untold = 0;
}

function connect() {
  const source = new EventSource(`${BASE}/events`);
  const state = (name, text) => {
    byId('state').dataset.state = name;
    byId('state').textContent = text;
  };
  source.addEventListener('snapshot', ({ data }) => {
    const snapshot = JSON.parse(data);
    state('live', 'live');
    ({ apis, counters } = snapshot);
    byId('apis').replaceChildren(...apis.map(({ id, url }) => element('li', {}, element('b', {}, id), element('span', { class: 'mono' }, url))));
    const known = new Set(snapshot.requests.map(({ number }) => number));
    for (const number of [...requests.keys()]) if (!known.has(number)) drop(number);
    for (const request of snapshot.requests) show(request, false);
    arrange();
    void load();
  });
  source.addEventListener('changes', ({ data }) => {
    const changes = JSON.parse(data);
    ({ counters } = changes);
    const answered = changes.requests.filter(({ number, answeredAt }) => answeredAt !== null && (requests.get(number)?.answeredAt ?? null) === null);
    for (const request of changes.requests) show(request, true);
    for (const number of [...requests.keys()].slice(0, -MAX_ROWS)) drop(number);
    arrange();
    announce(answered);
    const id = requests.get(chosen)?.id ?? null;
    if (changes.requests.some((request) => request.number === chosen || (id !== null && request.id === id))) void load();
  });
  source.addEventListener('error', () => state('lost', 'not running'));
  return source;
}

// A page that nobody sees keeps no connection: a browser has six to a host.
let source = connect();
document.addEventListener('visibilitychange', () => {
  source.close();
  if (!document.hidden) source = connect();
});
