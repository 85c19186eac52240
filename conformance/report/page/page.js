'use strict';
const { levels, profiles, tests, results } = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);
const KINDS = {
  'passes': { sign: '✓', word: 'passes' },
  'fails': { sign: '✗', word: 'fails' },
  'no': { sign: '○', word: 'no' },
  'warns': { sign: '✗', word: 'fails' },
  'set-up': { sign: '!', word: 'could not be set up' },
  'dependency': { sign: '·', word: 'not judged' },
  'not applicable': { sign: '–', word: 'not applicable' },
};

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

// What is chosen stands in the address, so that a view can be passed on.
const shown = { profile: profiles[0].name, levels: new Set(levels), differing: false, search: '' };
const names = [...new Set(results.map(({ target }) => target.name))];
const resultOf = (name) => results.find(({ target, profile }) => target.name === name && profile === shown.profile);

function kindOf(test, name) {
  const outcome = resultOf(name)?.results[test.id];
  if (outcome === undefined) return undefined;
  if (outcome === true) return 'passes';
  if (outcome[0] !== 'fails') return outcome[0];
  const level = test.levels[shown.profile];
  return level === 'MUST' ? 'fails' : level === 'SHOULD' ? 'warns' : 'no';
}

function controls() {
  for (const { name, title } of profiles) {
    const input = element('input', { type: 'radio', name: 'profile', value: name, checked: name === shown.profile });
    input.addEventListener('change', () => { shown.profile = name; draw(); });
    byId('profiles').append(element('label', { title }, input, name));
  }
  for (const level of levels) {
    const input = element('input', { type: 'checkbox', value: level, checked: true });
    input.addEventListener('change', () => { shown.levels[input.checked ? 'add' : 'delete'](level); draw(); });
    byId('levels').append(element('label', {}, input, level));
  }
  byId('differing').addEventListener('change', ({ target }) => { shown.differing = target.checked; draw(); });
  byId('search').addEventListener('input', ({ target }) => { shown.search = target.value.toLowerCase(); draw(); });
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
}

const visible = (test) => {
  const level = test.levels[shown.profile];
  if (level === 'none' || !shown.levels.has(level)) return false;
  if (!columns().some((name) => kindOf(test, name) !== undefined)) return false;
  if (shown.search !== '' && !`${test.id} ${test.title} ${test.rule}`.toLowerCase().includes(shown.search)) return false;
  return !shown.differing || new Set(columns().map((name) => kindOf(test, name))).size > 1;
};

const columns = () => names.filter((name) => resultOf(name) !== undefined);

function head() {
  const cells = columns().map((name) => {
    const { target, date, results: outcomes } = resultOf(name);
    const count = (level) => {
      const kinds = tests.filter((test) => test.levels[shown.profile] === level && outcomes[test.id] !== undefined).map((test) => kindOf(test, name));
      const passed = kinds.filter((kind) => kind === 'passes').length;
      return `${level} ${passed} of ${passed + kinds.filter((kind) => ['fails', 'warns', 'set-up'].includes(kind)).length}`;
    };
    const versions = Object.entries(target.versions ?? {}).map(([name_, version]) => `${name_} ${version}`).join(', ');
    return element('th', { scope: 'col', title: [target.about, versions].filter(Boolean).join('\n') }, name,
      element('small', {}, count('MUST')),
      element('small', {}, count('SHOULD')),
      element('small', {}, date));
  });
  byId('table').tHead.replaceChildren(element('tr', {}, element('th', { scope: 'col' }, 'Test'), ...cells));
}

function body() {
  const table = byId('table');
  for (const old of [...table.tBodies]) old.remove();
  let count = 0;
  for (const topic of new Set(tests.map(({ id }) => id.split('.')[0]))) {
    const own = tests.filter((test) => test.id.startsWith(`${topic}.`) && visible(test));
    if (own.length === 0) continue;
    count += own.length;
    const title = element('tr', { className: 'topic' }, element('th', { scope: 'rowgroup' }, topic.replace('-', ' ')), ...columns().map(() => element('td')));
    table.append(element('tbody', {}, title, ...own.map(row)));
  }
  byId('count').textContent = `${count} tests`;
  const [first] = table.querySelectorAll('td button');
  if (first) first.tabIndex = 0;
}

const titleOf = ({ title, levels: of }) => {
  const level = of[shown.profile];
  const [own, ...rest] = title.split(' ');
  if (own === level) return title;
  if (own === 'CHECK') return `${level}: ${rest.join(' ').replace(/^whether /, '')}`;
  return level === 'CHECK' ? `CHECK whether it is so: ${title}` : [level, ...rest].join(' ');
};

function row(test) {
  const head_ = element('th', { scope: 'row', id: test.id }, titleOf(test), element('code', { title: test.rule }, `${test.id} · ${test.cite}`));
  const cells = columns().map((name) => {
    const kind = kindOf(test, name);
    if (kind === undefined) return element('td', {}, '');
    const { sign, word } = KINDS[kind];
    const button = element('button', { type: 'button', className: kind.replace(' ', '-'), tabIndex: -1, title: word }, sign);
    button.setAttribute('aria-label', `${name}: ${word}`);
    button.addEventListener('click', () => detail(test, name));
    return element('td', {}, button);
  });
  return element('tr', {}, head_, ...cells);
}

function detail(test, name) {
  const { target, date, kit, results: outcomes, exchanges, keys, observed } = resultOf(name);
  const outcome = outcomes[test.id];
  const kind = kindOf(test, name);
  const versions = Object.entries(target.versions ?? {}).map(([package_, version]) => `${package_} ${version}`).join(', ');
  const told = ({ line, headers, body: text }) => element('pre', {}, [line, ...headers, ...(text === '' ? [] : ['', text])].join('\n'));
  byId('detail-body').replaceChildren(
    element('h2', { id: 'detail-title' }, titleOf(test)),
    element('p', {}, element('code', {}, test.id), ' · ', element('a', { href: test.url }, test.rule)),
    element('p', {}, element('b', { className: kind.replace(' ', '-') }, `${KINDS[kind].sign} ${name}: ${KINDS[kind].word}`), outcome === true ? '' : `. ${outcome[1]}`),
    ...(target.about === undefined ? [] : [element('p', {}, target.about)]),
    element('p', {}, [versions, `${date}, ${kit}, profile ${shown.profile}, ${keys} keys, executions told by ${observed === 'endpoint' ? 'an effects endpoint' : 'answers'}`].filter(Boolean).join('; ')),
    ...(exchanges[test.id] ?? []).flatMap(({ name: step, request, answer, note }) => [
      element('h3', {}, step), told(request), answer === undefined ? element('pre', {}, `(${note})`) : told(answer)]),
  );
  history.replaceState(null, '', `#${encodeURIComponent(test.id)}/${encodeURIComponent(name)}`);
  byId('detail').showModal();
}

/** Arrow keys, Home and End move through the cells, as in a grid. */
function onKey(event) {
  const cell = event.target.closest('td');
  if (cell === null) return;
  const rows = [...byId('table').querySelectorAll('tbody tr:not(.topic)')];
  const at = rows.indexOf(cell.parentElement);
  const column = cell.cellIndex;
  const last = rows[at].cells.length - 1;
  const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, 1], End: [0, -1] }[event.key];
  if (move === undefined) return;
  event.preventDefault();
  // A target that was not put to a test has an empty cell there.
  let place = { Home: [at, 1], End: [at, last] }[event.key] ?? [at + move[0], column + move[1]];
  while (rows[place[0]]?.cells[place[1]]) {
    const button = rows[place[0]].cells[place[1]].querySelector('button');
    if (button) return button.focus();
    place = [place[0] + move[0], place[1] + move[1]];
  }
}

/** One cell is in the order of tabs: the one that was last used. */
function onFocus({ target }) {
  if (!target.matches('td button')) return;
  for (const other of byId('table').querySelectorAll('td button[tabindex="0"]')) other.tabIndex = -1;
  target.tabIndex = 0;
}

function draw() {
  head();
  body();
}

byId('lead').textContent = results.length === 1
  ? `${results[0].target.name}, ${results[0].date}, ${results[0].kit}, by ${profiles[0].title}.`
  : `${names.length} targets, put to the same ${tests.length} tests from outside. What is not applicable to one counts neither for nor against it.`;
if (profiles.length < 2) byId('profiles').hidden = true;
byId('table').addEventListener('keydown', onKey);
byId('table').addEventListener('focusin', onFocus);
byId('detail').addEventListener('close', () => history.replaceState(null, '', location.pathname + location.search));
byId('detail').addEventListener('click', (event) => { if (event.target === byId('detail')) byId('detail').close(); });
controls();
draw();
{
  const [id, name] = location.hash.slice(1).split('/').map(decodeURIComponent);
  const test = tests.find((each) => each.id === id);
  if (test !== undefined && names.includes(name) && resultOf(name)?.results[id] !== undefined) detail(test, name);
  else if (id) byId(id)?.scrollIntoView();
}
