// The cockpit: turns the scenes, moves the emphasis, watches the server, reloads itself once a day. Nothing is asked of another host.
// Texts are set as text; a scene's HTML was made and escaped by the server (html.py).

/** @import { Component } from "../kit/make.js" */
import { withTheme } from "../kit/address.js";
import { make, own } from "../kit/make.js";
import { broken, emphasis, mayReload, nextMoment, nextScene, patience, sceneToShow, statusParts } from "./watch.js";

/** @typedef {{ id: string, kind: string, name: string, title: string, finding: string, seconds: number, html: string }} Scene */
/**
 * @typedef {object} Data
 * @property {Scene[]} scenes
 * @property {string} start
 * @property {boolean} rotate
 * @property {string} reloadAt
 * @property {number} emphasisSeconds
 * @property {number} checkSeconds
 * @property {Record<string, string>} colours
 * @property {{ period?: string, through?: string, state?: string, demonstration?: string }} head
 * @property {{ what: string, remedy: string } | null} message
 * @property {string[]} notes
 * @property {{ interrupted: string, loaded: string, connecting: string }} texts
 * @property {"zh" | "en"} lang
 */

const HEALTH_EVERY = 5000;
const HEALTH_LIMIT = 4000;
const RELOAD_PAUSE = 300000;
const RELOAD_GUARD = "cockpit-reloaded-at";

/** Returns whether the server answers in time. */
async function healthy() {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), HEALTH_LIMIT);
  try {
    const answer = await fetch(new URL("_stcore/health", document.baseURI), { cache: "no-store", signal: limit.signal });
    await answer.text();
    return answer.ok;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

class Cockpit {
  /**
   * @param {HTMLElement} root
   * @param {Data} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    /** @type {Map<string, Scene & { node: HTMLElement }>} */
    this.scenes = new Map();
    this.current = "";
    this.step = 0;
    this.failures = 0;
    this.born = Date.now();
    this.reloadDue = nextMoment(data.reloadAt, this.born);
    /** @type {ReturnType<typeof setInterval>[]} */
    this.timers = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.turning = undefined;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.moving = undefined;
    /** @type {HTMLElement | null} */
    this.waiting = null;
    root.setAttribute("popover", "manual");
    this.head = root.appendChild(make("header", "top"));
    this.words = this.head.appendChild(make("div", "words"));
    this.title = this.words.appendChild(make("h1"));
    this.finding = this.words.appendChild(make("p"));
    this.facts = this.head.appendChild(make("div", "facts"));
    this.stage = root.appendChild(make("main", "stage"));
    this.foot = root.appendChild(make("footer", "bottom"));
    this.dots = this.foot.appendChild(make("ol", "dots"));
    this.status = this.foot.appendChild(make("p", "status"));
    this.onPulse = () => this.told();
    window.addEventListener("cockpit-pulse", this.onPulse);
    this.onResize = () => this.fitDots();
    window.addEventListener("resize", this.onResize);
    this.every(HEALTH_EVERY, () => void this.watch());
    this.every(1000, () => this.tick());
    this.keepThemeOnReload();
    this.scheduleEmphasis();
    this.lift();
  }

  // The top layer lies over everything, the framework's own dialogs too.
  lift() {
    if (this.root.isConnected && !this.root.matches(":popover-open")) this.root.showPopover();
  }

  /**
   * Timers end by themselves when the framework takes the element away.
   * @param {number} milliseconds
   * @param {() => void} act
   */
  every(milliseconds, act) {
    const timer = setInterval(() => {
      if (this.root.isConnected) act();
      else this.stop();
    }, milliseconds);
    this.timers.push(timer);
  }

  stop() {
    this.timers.forEach((timer) => clearInterval(timer));
    clearTimeout(this.turning);
    clearInterval(this.moving);
    window.removeEventListener("cockpit-pulse", this.onPulse);
    window.removeEventListener("resize", this.onResize);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    this.lift();
    this.root.lang = data.lang === "zh" ? "zh-CN" : "en";
    Object.entries(data.colours).forEach(([name, colour]) => this.root.style.setProperty(name, colour));
    this.drawScenes(data);
    this.drawFacts(data);
    this.drawDots(data);
    if (before.emphasisSeconds !== data.emphasisSeconds) this.scheduleEmphasis();
    const wanted = sceneToShow(data.scenes.map((scene) => scene.id), this.current, data.start);
    this.show(wanted, wanted === this.current);
    this.told();
  }

  /** @param {Data} data */
  drawScenes(data) {
    const ids = new Set(data.scenes.map((scene) => scene.id));
    for (const [id, scene] of this.scenes) {
      if (ids.has(id)) continue;
      scene.node.remove();
      this.scenes.delete(id);
    }
    for (const scene of data.scenes) {
      const known = this.scenes.get(scene.id);
      const node = known ? known.node : this.stage.appendChild(make("div"));
      node.className = `scene ${scene.kind}${scene.id === this.current ? " on" : ""}`;
      node.dataset.scene = scene.id;
      // eslint-disable-next-line no-restricted-properties -- made and escaped by the server
      if (!known || known.html !== scene.html) node.innerHTML = scene.html;
      this.scenes.set(scene.id, { ...scene, node });
    }
    this.waiting?.remove();
    this.waiting = null;
    if (data.message) {
      this.waiting = this.stage.appendChild(make("div", "waiting"));
      this.waiting.append(make("strong", "", data.message.what), make("p", "", data.message.remedy));
    }
  }

  /** @param {Data} data */
  drawFacts(data) {
    this.facts.replaceChildren();
    if (!data.head.period) return;
    this.facts.append(make("strong", "", data.head.period), make("span", data.head.state ?? "", data.head.through));
    if (data.head.demonstration) this.facts.append(make("span", "demonstration", data.head.demonstration));
  }

  /** @param {Data} data */
  drawDots(data) {
    this.dots.replaceChildren(
      ...data.scenes.map((scene) => {
        const dot = make("li", scene.id === this.current ? "on" : "");
        dot.dataset.scene = scene.id;
        dot.append(make("i"), make("span", "", scene.name));
        return dot;
      }),
    );
    this.fitDots();
  }

  /** Draws the names of the scenes close together where they have no room beside the status. */
  fitDots() {
    this.dots.classList.remove("tight");
    this.dots.classList.toggle("tight", this.dots.scrollWidth > this.dots.clientWidth + 1);
  }

  /**
   * @param {string} id
   * @param {boolean} same whether it stands already
   */
  show(id, same) {
    const scene = this.scenes.get(id);
    this.current = scene ? id : "";
    this.name(scene);
    if (!same) this.step = 0;
    this.light();
    if (!same || !this.turning || !this.data.rotate) this.turnAfter(scene);
  }

  /** @param {Scene | undefined} scene */
  name(scene) {
    this.title.textContent = scene?.title ?? "";
    this.finding.textContent = scene?.finding ?? "";
    for (const [each, { node }] of this.scenes) node.classList.toggle("on", each === scene?.id);
    for (const dot of this.dots.querySelectorAll("li")) {
      dot.classList.toggle("on", dot.dataset.scene === scene?.id);
      dot.style.setProperty("--turn", scene && this.data.rotate ? `${scene.seconds}s` : "0s");
    }
    this.fitDots();
  }

  /** @param {Scene | undefined} scene */
  turnAfter(scene) {
    clearTimeout(this.turning);
    this.turning = undefined;
    if (!scene || !this.data.rotate || this.scenes.size < 2) return;
    this.turning = setTimeout(() => {
      this.turning = undefined;
      if (this.root.isConnected) this.show(this.next(), false);
    }, scene.seconds * 1000);
  }

  next() {
    return nextScene(this.data.scenes.map((scene) => scene.id), this.current);
  }

  scheduleEmphasis() {
    clearInterval(this.moving);
    this.moving = setInterval(() => {
      this.step += 1;
      this.light();
    }, this.data.emphasisSeconds * 1000);
  }

  // Step 0 shows all alike, each further step one direction or community.
  light() {
    const scene = this.scenes.get(this.current);
    const cycle = scene?.node.querySelector(".cycle");
    if (!(cycle instanceof HTMLElement)) return;
    const now = emphasis(this.step, Number(cycle.dataset.steps));
    cycle.dataset.step = String(now);
    cycle.classList.toggle("focused", now > 0);
    for (const node of cycle.querySelectorAll("[data-in]")) {
      node.classList.toggle("lit", now > 0 && (node.getAttribute("data-in") ?? "").split(" ").includes(String(now)));
    }
  }

  // What the pulse told, or that it is silent.
  told() {
    const { notes, texts } = this.data;
    const pulse = window.cockpitPulse;
    const interrupted = broken(pulse, this.failures, Date.now(), patience(this.data.checkSeconds));
    this.root.classList.toggle("interrupted", interrupted);
    const words = [...notes, ...statusParts(pulse, interrupted, this.scenes.size > 0, texts)].join(" · ");
    if (this.status.textContent === words) return;
    this.status.textContent = words;
    this.fitDots();
  }

  tick() {
    this.told();
    const silence = Date.now() - (window.cockpitPulse?.at ?? this.born);
    if (this.failures === 0 && silence > 2 * patience(this.data.checkSeconds)) this.reload(RELOAD_PAUSE);
    if (Date.now() >= this.reloadDue && this.failures === 0) this.reload(0);
  }

  async watch() {
    const good = await healthy();
    if (good && this.failures > 1) {
      this.failures = 0;
      setTimeout(() => this.reload(0), 1000 + Math.random() * 4000); // the server is a new one; not all cockpits at once
    } else {
      this.failures = good ? 0 : this.failures + 1;
    }
    this.told();
  }

  /**
   * Reloads the page.
   * @param {number} pause not more often than once in so many milliseconds, whatever goes wrong after the reload
   */
  reload(pause) {
    const now = Date.now();
    if (!mayReload(Number(sessionStorage.getItem(RELOAD_GUARD) ?? 0), now, pause)) return;
    sessionStorage.setItem(RELOAD_GUARD, String(now));
    window.location.reload();
  }

  // The framework paints the empty page before the cockpit: in the cockpit's colours then.
  keepThemeOnReload() {
    const light = new URL(window.location.href).searchParams.get("theme") === "light";
    const wanted = withTheme(window.location.href, light ? "light_theme" : "dark_theme");
    if (wanted.href !== window.location.href) window.history.replaceState(window.history.state, "", wanted);
  }
}

/** @type {WeakMap<HTMLElement, Cockpit>} */
const cockpits = new WeakMap();

/** @param {Component<Data>} component */
export default function (component) {
  const root = own(component.parentElement, ".screen");
  const cockpit = cockpits.get(root) ?? new Cockpit(root, component.data);
  cockpits.set(root, cockpit);
  cockpit.update(component.data);
}
