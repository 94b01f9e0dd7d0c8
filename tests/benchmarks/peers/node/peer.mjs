// npm's bpmn-engine: each completion recovers the instance from its file, signals the task, and
// writes the state again, synced to the disk. Orders come as lines of JSON, answers leave as such.
import { EventEmitter, once } from 'node:events';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Engine } from 'bpmn-engine';

const [, , diagram, folder] = process.argv;
const source = readFileSync(diagram, 'utf8');
let started = 0;

const fileOf = (name) => join(folder, `${name}.json`);

// Replaced as a whole, so that a cut in the middle leaves the old state.
function save(name, state) {
  const path = fileOf(name);
  const descriptor = openSync(`${path}.new`, 'w');
  writeSync(descriptor, JSON.stringify(state));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(`${path}.new`, path);
}

function waitingTask(listener) {
  return new Promise((resolve) => listener.once('activity.wait', () => resolve(true)));
}

async function start() {
  const name = `instance-${(started += 1)}`;
  const listener = new EventEmitter();
  const waiting = waitingTask(listener);
  const engine = new Engine({ name, source });
  await engine.execute({ listener });
  await waiting;
  save(name, await engine.getState());
  await engine.stop();
  return name;
}

// True as long as another task waits.
async function complete(name, values) {
  const engine = new Engine({ name }).recover(JSON.parse(readFileSync(fileOf(name), 'utf8')));
  const listener = new EventEmitter();
  const ended = once(engine, 'end').then(() => false);
  const execution = await engine.resume({ listener });
  const [task] = execution.getPostponed().filter((each) => each.type === 'bpmn:UserTask');
  const next = waitingTask(listener);
  Object.assign(execution.environment.variables, values);
  task.signal(values);
  const goesOn = await Promise.race([next, ended]);
  save(name, await engine.getState());
  if (goesOn) await engine.stop();
  return goesOn;
}

async function round(instances, fields) {
  const names = [];
  for (let i = 0; i < instances; i += 1) names.push(await start());
  const seconds = [];
  const begun = process.hrtime.bigint();
  for (const name of names) {
    let goesOn = true;
    for (let step = 1; goesOn; step += 1) {
      const values = {};
      for (let i = 0; i < fields; i += 1) values[`langkah_${step}_isian_${i}`] = `isian contoh ${i}`;
      const since = process.hrtime.bigint();
      goesOn = await complete(name, values);
      seconds.push(Number(process.hrtime.bigint() - since) / 1e9);
    }
  }
  return { seconds, elapsed_s: Number(process.hrtime.bigint() - begun) / 1e9 };
}

console.log('{"ready": true}');
for await (const line of createInterface({ input: process.stdin })) {
  const { instances, fields } = JSON.parse(line);
  console.log(JSON.stringify(await round(instances, fields)));
}
