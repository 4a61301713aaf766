// The wall: turns the scenes, moves the emphasis, watches the server, reloads itself once a day. Nothing is asked of another host.
// Texts are set as text; a scene's HTML was made and escaped by the server (kiosk_html.py).

const HEALTH_EVERY = 5000;
const HEALTH_LIMIT = 4000;
const RELOAD_GUARD = "kiosk-reloaded-at";

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const two = (number) => String(number).padStart(2, "0");
const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
const moment = (date) => `${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(date)}`;

class Wall {
  constructor(root) {
    this.root = root;
    this.scenes = new Map();
    this.current = "";
    this.failures = 0;
    this.timers = [];
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
    window.addEventListener("kiosk-pulse", this.onPulse);
    this.every(HEALTH_EVERY, () => this.watch());
    this.every(1000, () => this.tick());
    this.keepThemeOnReload();
    this.lift();
  }

  // The top layer lies over everything, the framework's own dialogs too.
  lift() {
    if (this.root.isConnected && !this.root.matches(":popover-open")) this.root.showPopover();
  }

  // Timers end by themselves when the framework takes the element away.
  every(milliseconds, act) {
    const timer = setInterval(() => {
      if (this.root.isConnected) act();
      else this.stop();
    }, milliseconds);
    this.timers.push(timer);
  }

  stop() {
    this.timers.forEach(clearInterval);
    clearTimeout(this.turning);
    clearInterval(this.moving);
    window.removeEventListener("kiosk-pulse", this.onPulse);
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.lift();
    this.root.lang = data.lang === "zh" ? "zh-CN" : "en";
    Object.entries(data.colours).forEach(([name, colour]) => this.root.style.setProperty(name, colour));
    this.drawScenes(data);
    this.drawFacts(data);
    this.drawDots(data);
    if (!before) this.scheduleReload();
    if (!before || before.emphasisSeconds !== data.emphasisSeconds) this.scheduleEmphasis();
    const wanted = this.scenes.has(this.current) ? this.current : data.start || (data.scenes[0] && data.scenes[0].id) || "";
    this.show(wanted, wanted === this.current);
    this.told();
  }

  drawScenes(data) {
    const ids = new Set(data.scenes.map((scene) => scene.id));
    for (const [id, scene] of this.scenes) {
      if (!ids.has(id)) { scene.node.remove(); this.scenes.delete(id); }
    }
    for (const scene of data.scenes) {
      const known = this.scenes.get(scene.id);
      const node = known ? known.node : this.stage.appendChild(make("div"));
      node.className = `scene ${scene.kind}${scene.id === this.current ? " on" : ""}`;
      node.dataset.scene = scene.id;
      if (!known || known.html !== scene.html) node.innerHTML = scene.html;
      this.scenes.set(scene.id, { ...scene, node });
    }
    if (this.waiting) this.waiting.remove();
    this.waiting = null;
    if (data.message) {
      this.waiting = this.stage.appendChild(make("div", "waiting"));
      this.waiting.append(make("strong", "", data.message.what), make("p", "", data.message.remedy));
    }
  }

  drawFacts(data) {
    this.facts.replaceChildren();
    if (!data.head.period) return;
    this.facts.append(make("strong", "", data.head.period), make("span", "", data.head.through));
    if (data.head.demonstration) this.facts.append(make("span", "demonstration", data.head.demonstration));
  }

  drawDots(data) {
    this.dots.replaceChildren(
      ...data.scenes.map((scene) => {
        const dot = make("li", scene.id === this.current ? "on" : "");
        dot.dataset.scene = scene.id;
        dot.append(make("i"), make("span", "", scene.name));
        return dot;
      }),
    );
  }

  show(id, same) {
    const scene = this.scenes.get(id);
    this.current = scene ? id : "";
    this.title.textContent = scene ? scene.title : "";
    this.finding.textContent = scene ? scene.finding : "";
    for (const [each, { node }] of this.scenes) node.classList.toggle("on", each === id);
    for (const dot of this.dots.children) {
      dot.classList.toggle("on", dot.dataset.scene === id);
      dot.style.setProperty("--turn", scene && this.data.rotate ? `${scene.seconds}s` : "0s");
    }
    if (!same) this.step = 0;
    this.light();
    if (same && this.turning && this.data.rotate) return;
    clearTimeout(this.turning);
    this.turning = null;
    if (!scene || !this.data.rotate || this.scenes.size < 2) return;
    this.turning = setTimeout(() => {
      this.turning = null;
      if (this.root.isConnected) this.show(this.next(), false);
    }, scene.seconds * 1000);
  }

  next() {
    const ids = this.data.scenes.map((scene) => scene.id);
    return ids[(ids.indexOf(this.current) + 1) % ids.length];
  }

  scheduleEmphasis() {
    clearInterval(this.moving);
    this.moving = setInterval(() => { this.step += 1; this.light(); }, this.data.emphasisSeconds * 1000);
  }

  // Step 0 shows all alike, each further step one direction or community.
  light() {
    const scene = this.scenes.get(this.current);
    const cycle = scene && scene.node.querySelector(".cycle");
    if (!cycle) return;
    const steps = Number(cycle.dataset.steps);
    const now = this.step % (steps + 1);
    cycle.dataset.step = now;
    cycle.classList.toggle("focused", now > 0);
    cycle.querySelectorAll("[data-in]").forEach((node) => {
      node.classList.toggle("lit", now > 0 && node.dataset.in.split(" ").includes(String(now)));
    });
  }

  // What the pulse told, or that it is silent.
  told() {
    const pulse = window.kioskPulse;
    if (!this.data) return;
    const texts = this.data.texts;
    const silent = this.failures > 1 || (pulse && Date.now() - pulse.at > this.patience());
    const broken = silent || (pulse && !pulse.good);
    this.root.classList.toggle("interrupted", Boolean(broken));
    const parts = [];
    if (broken) {
      parts.push(`▲ ${texts.interrupted}`);
      if (pulse && pulse.seenAt && this.scenes.size) parts.push(texts.kept.replace("{time}", moment(new Date(pulse.seenAt))));
    } else if (pulse) {
      if (this.data.head.loadedAt) parts.push(texts.loaded.replace("{time}", moment(new Date(this.data.head.loadedAt))));
      parts.push(texts.checked.replace("{time}", clock(new Date(pulse.at))));
    } else {
      parts.push(texts.connecting);
    }
    const words = [...this.data.notes, ...parts].join(" · ");
    if (this.status.textContent !== words) this.status.textContent = words;
  }

  patience() {
    return Math.max(3 * this.data.checkSeconds, 20) * 1000;
  }

  tick() {
    this.told();
    const pulse = window.kioskPulse;
    const silence = Date.now() - (pulse ? pulse.at : this.born ?? (this.born = Date.now()));
    if (this.failures === 0 && silence > 2 * this.patience()) this.reload(300000);
    if (this.reloadDue && Date.now() >= this.reloadDue && this.failures === 0) this.reload(0);
  }

  async watch() {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), HEALTH_LIMIT);
    let good = false;
    try {
      const answer = await fetch(new URL("_stcore/health", document.baseURI), { cache: "no-store", signal: limit.signal });
      good = answer.ok;
      await answer.text();
    } catch (error) {
      good = false;
    }
    clearTimeout(timer);
    if (good && this.failures > 1) {
      this.failures = 0;
      setTimeout(() => this.reload(0), 1000 + Math.random() * 4000); // the server is a new one; not all walls at once
    } else {
      this.failures = good ? 0 : this.failures + 1;
    }
    this.told();
  }

  // ``pause``: not more often than so many milliseconds, whatever goes wrong after the reload.
  reload(pause) {
    const last = Number(sessionStorage.getItem(RELOAD_GUARD) || 0);
    if (pause && Date.now() - last < pause) return;
    sessionStorage.setItem(RELOAD_GUARD, String(Date.now()));
    window.location.reload();
  }

  scheduleReload() {
    const [hours, minutes] = this.data.reloadAt.split(":").map(Number);
    const due = new Date();
    due.setHours(hours, minutes, 0, 0);
    if (due <= new Date()) due.setDate(due.getDate() + 1);
    this.reloadDue = due.getTime();
  }

  // The framework paints the empty page before the wall: in the wall's colours then.
  keepThemeOnReload() {
    const address = new URL(window.location.href);
    const wanted = address.searchParams.get("theme") === "light" ? "light_theme" : "dark_theme";
    if (address.searchParams.getAll("embed_options").includes(wanted)) return;
    address.searchParams.append("embed_options", wanted);
    window.history.replaceState(window.history.state, "", address);
  }
}

export default function (component) {
  const root = component.parentElement.querySelector(".wall");
  root.wall = root.wall ?? new Wall(root);
  root.wall.update(component.data);
}
