// The page's side of the chat: the same commands as telnet, with a form in front of them.
'use strict';

const find = (id) => document.getElementById(id);
const [status, loginForm, nameField, problem] = ['status', 'login', 'name', 'problem'].map(find);
const [chat, people, log, sayForm, to, text, logoutButton] =
  ['chat', 'people', 'log', 'say', 'to', 'text', 'logout'].map(find);

const LONGEST_LOG = 1000;   // lines; the oldest go first
const FIRST_WAIT = 500;     // ms until the first attempt to reconnect; doubled each time
const LONGEST_WAIT = 8000;

let socket;
let wait = FIRST_WAIT;
let wanted = null;          // the name that was asked for; kept to log in again after a break
let inside = false;
let leaving = false;        // by the button
let here = [];
let said = '';              // the last message, for the field should it be refused

function connect() {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(`${scheme}//${location.host}/ws`);
  socket.addEventListener('open', () => {
    wait = FIRST_WAIT;
    show('connected');
    if (wanted !== null) request(`login ${wanted}`);
  });
  socket.addEventListener('message', (event) => receive(JSON.parse(event.data)));
  socket.addEventListener('close', () => {
    if (inside) leave();
    if (leaving) {
      leaving = false;
      connect();
      return;
    }
    show(`disconnected; trying again in ${wait / 1000} s`);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

/// Whether it went out.
function request(line) {
  const open = socket.readyState === WebSocket.OPEN;
  if (open) socket.send(line);
  return open;
}

function receive(frame) {
  if (frame.action === 'list') {
    here = frame.message;
    drawPeople();
    return;
  }
  if (!inside) {
    if (frame.kind === 'system' && frame.from === wanted) enter();
    else if (frame.kind === 'error') {
      problem.textContent = body(frame.message);
      wanted = null;
      nameField.focus();
      return;
    } else return;
  } else if (frame.kind === 'system' && frame.from !== undefined) {
    if (frame.message.endsWith('login to chat.')) add(frame.from);
    else remove(frame.from);
  } else if (frame.from === wanted) {
    said = '';
  } else if (frame.kind === 'error' && text.value === '') {
    // To be shortened, sent again, or to somebody else.
    text.value = said;
    said = '';
  }
  write(frame);
}

function enter() {
  inside = true;
  loginForm.hidden = true;
  chat.hidden = false;
  logoutButton.hidden = false;
  show(`you are ${wanted}`);
  request('/userlist');
  text.focus();
}

function leave() {
  inside = false;
  loginForm.hidden = false;
  chat.hidden = true;
  logoutButton.hidden = true;
  nameField.focus();
}

function show(what) {
  status.textContent = what;
}

const body = (message) => message.slice(message.indexOf(' - ') + 3);

/// A line in the colours that it has over TCP. Everything is text: nothing of it is ever HTML.
function pieces({ kind, message }) {
  if (kind === 'chat' || kind === 'private') {
    const end = message.indexOf(': ');
    return [['yellow', message.slice(0, end)], ['', message.slice(end)]];
  }
  const dash = message.indexOf(' - ');
  if (dash < 0) return [['', message]];
  const tag = { system: 'green', info: 'blue', error: 'red' }[kind];
  const rest = message.slice(dash + 3);
  const named = /^(\[.*\] )(login to chat\.|logout from chat\.|not found!)$/.exec(rest);
  const said = named === null
    ? [['green', rest]]
    : [['yellow', named[1]], [named[2].startsWith('logout') ? 'red' : 'green', named[2]]];
  return [[tag, message.slice(0, dash)], ['', ' - '], ...said];
}

function write(frame) {
  const following = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const line = document.createElement('p');
  line.className = frame.kind;
  if (frame.at !== undefined) line.title = frame.at;
  for (const [color, part] of pieces(frame)) {
    const span = document.createElement('span');
    span.className = color;
    span.textContent = part;
    line.append(span);
  }
  log.append(line);
  while (log.childElementCount > LONGEST_LOG) log.firstElementChild.remove();
  if (following) log.scrollTop = log.scrollHeight;
}

function drawPeople() {
  const chosen = to.value;
  people.replaceChildren(...here.map(person));
  to.replaceChildren(new Option('everyone', ''), ...here.map((name) => new Option(name, name)));
  if (chosen !== '' && !here.includes(chosen)) to.append(new Option(`${chosen} (gone)`, chosen));
  to.value = chosen;
  address();
}

function person(name) {
  const button = document.createElement('button');
  button.type = 'button';
  button.value = name;
  button.textContent = name === wanted ? `${name} (you)` : name;
  button.setAttribute('aria-label', `write to ${name}`);
  button.addEventListener('click', () => choose(to.value === name ? '' : name));
  const item = document.createElement('li');
  item.append(button);
  return item;
}

const optionOf = (name) => [...to.options].find((option) => option.value === name);

/// Only what changes is touched: the cursor may stand in the list, or the list be open.
function add(name) {
  here.push(name);
  people.append(person(name));
  const gone = optionOf(name);
  if (gone === undefined) to.append(new Option(name, name));
  else gone.text = name;
  address();
}

/// Who has gone stays chosen: what was meant for one alone must not go to everyone.
function remove(name) {
  here = here.filter((other) => other !== name);
  const button = [...people.querySelectorAll('button')].find((button) => button.value === name);
  if (button === document.activeElement) text.focus();
  button?.parentElement.remove();
  if (to.value === name) optionOf(name).text = `${name} (gone)`;
  else optionOf(name)?.remove();
  address();
}

function choose(name) {
  to.value = name;
  address();
  text.focus();
}

function address() {
  for (const option of [...to.options]) {
    if (!option.selected && option.value !== '' && !here.includes(option.value)) option.remove();
  }
  for (const button of people.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.value === to.value));
  }
  text.placeholder = to.value === '' ? 'Message to everyone' : `Message to ${to.value} alone`;
}

to.addEventListener('change', address);

loginForm.addEventListener('submit', (event) => {
  event.preventDefault();
  problem.textContent = '';
  wanted = nameField.value.trim();
  request(`login ${wanted}`);
});

sayForm.addEventListener('submit', (event) => {
  event.preventDefault();
  if (text.value.trim() === '') return;
  const line = to.value === '' ? `msgall ${text.value}` : `msg ${to.value} ${text.value}`;
  if (!request(line)) return;
  said = text.value;
  text.value = '';
});

logoutButton.addEventListener('click', () => {
  wanted = null;
  leaving = true;
  request('logout');
});

connect();
nameField.focus();
