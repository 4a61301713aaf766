import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

/** As much of a page as the script looks at: fields with a key, and listeners. */
class FakeField {
  /** @param {string} key @param {string} value */
  constructor(key, value) {
    this.key = key;
    this.text = value;
    /** @type {string[]} */
    this.events = [];
  }
  get value() {
    return this.text;
  }
  set value(value) {
    this.text = value;
  }
  matches() {
    return true;
  }
  closest() {
    return { classList: ["stElementContainer", `st-key-${this.key}`] };
  }
  setAttribute() {}
  /** @param {{ type: string }} event */
  dispatchEvent(event) {
    this.events.push(event.type);
  }
}

/** @type {FakeField[]} */
let drawn = [];
/** Whether the page runs; one more wait and it has ended. */
let running = false;
/** @type {Record<string, (event: object) => void>} */
const heard = {};
/** @type {(() => void) | undefined} */
let changed;

class FakeObserver {
  /** @param {() => void} callback */
  constructor(callback) {
    changed = callback;
  }
  observe() {}
  disconnect() {
    changed = undefined;
  }
}

Object.assign(globalThis, {
  window: { location: { pathname: "/overview" }, clearTimeout: () => {}, setTimeout: (/** @type {() => void} */ act) => act() },
  document: {
    body: {},
    activeElement: null,
    querySelectorAll: () => drawn,
    querySelector: () => {
      const found = running ? {} : null;
      running = false;
      return found;
    },
    addEventListener: (/** @type {string} */ name, /** @type {(event: object) => void} */ act) => (heard[name] = act),
  },
  HTMLTextAreaElement: FakeField,
  HTMLInputElement: FakeField,
  MutationObserver: FakeObserver,
  FocusEvent: class {
    /** @param {string} kind */
    constructor(kind) {
      this.type = kind;
    }
  },
});
const { giveBack, keep, remember } = await import("../../dashboard/ui/frame/typed.js");

beforeEach(() => {
  drawn = [];
  changed = undefined;
  Reflect.deleteProperty(globalThis.window, "countyTyped");
  remember();
});

/** @param {FakeField} field */
function type(field) {
  heard["input"]?.({ isTrusted: true, target: field });
}

test("what was typed when the server went away is put back into the field that is drawn anew", () => {
  const field = new FakeField("note", "为何下降？");
  drawn = [field];
  type(field);
  keep();
  const again = new FakeField("note", "");
  drawn = [];
  giveBack();
  drawn = [again];
  changed?.();
  assert.equal(again.value, "为何下降？");
  assert.deepEqual(again.events, ["input", "input", "focusout"]);
});

test("what the server filled in itself is not kept, nor what it has changed since", () => {
  const given = new FakeField("owner", "李主任");
  const changedSince = new FakeField("note", "先前");
  drawn = [given, changedSince];
  type(changedSince);
  changedSince.value = "";
  keep();
  drawn = [new FakeField("owner", ""), new FakeField("note", "")];
  giveBack();
  changed?.();
  assert.deepEqual(drawn.map((field) => field.value), ["", ""]);
});

test("what is typed after the server is back wins", () => {
  const field = new FakeField("note", "旧");
  drawn = [field];
  type(field);
  keep();
  drawn = [];
  giveBack();
  const again = new FakeField("note", "新");
  drawn = [again];
  type(again);
  changed?.();
  assert.equal(again.value, "新");
});

test("a press while the server is away, or that nobody made, takes nothing from what is kept", () => {
  const field = new FakeField("note", "为何下降？");
  drawn = [field];
  type(field);
  keep();
  heard["click"]?.({ isTrusted: true });
  giveBack();
  heard["click"]?.({ isTrusted: false });
  const again = new FakeField("note", "");
  drawn = [again];
  changed?.();
  assert.equal(again.value, "为何下降？");
});

test("a field is filled when the run that drew it has ended, not before", () => {
  const field = new FakeField("note", "为何下降？");
  drawn = [field];
  type(field);
  keep();
  giveBack();
  const again = new FakeField("note", "");
  drawn = [again];
  running = true;
  /** @type {(() => void)[]} */
  const later = [];
  const atOnce = globalThis.window.setTimeout;
  // @ts-expect-error: what is put off is looked at before it happens
  globalThis.window.setTimeout = (/** @type {() => void} */ act) => later.push(act);
  changed?.();
  later.shift()?.();
  assert.deepEqual(again.events, []);
  globalThis.window.setTimeout = atOnce;
  later.shift()?.();
  assert.equal(again.value, "为何下降？");
});
