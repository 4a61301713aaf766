// What every component of ours makes its elements with. Texts are set as text, never as HTML.

/**
 * What Streamlit hands a component each time the page has run.
 * @template Data
 * @typedef {object} Component
 * @property {Data} data what Python sent
 * @property {HTMLElement | ShadowRoot} parentElement where the component's own element stands
 * @property {(name: string, value: unknown) => void} setTriggerValue tells Python once
 * @property {(name: string, value: unknown) => void} setStateValue tells Python with every run from now on
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns a new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * Returns a button that does `act`.
 * @param {string} className
 * @param {string} text
 * @param {() => void} act
 */
export function button(className, text, act) {
  const node = make("button", className, text);
  node.type = "button";
  node.onclick = act;
  return node;
}

/**
 * Returns a new SVG element.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function shape(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

/**
 * Returns the element of the component that `selector` names.
 * @param {HTMLElement | ShadowRoot} parent
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function own(parent, selector) {
  const found = parent.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector} in the component`);
  return found;
}

/**
 * Returns the element that has the focus in the same tree as `node` (a shadow tree has its own).
 * @param {Node} node
 * @returns {Element | null}
 */
export function focused(node) {
  const tree = node.getRootNode();
  return tree instanceof Document || tree instanceof ShadowRoot ? tree.activeElement : null;
}

/**
 * Puts `children` in the place of what `root` holds. Who stands on a part, named by its `data-part`, stands on it again.
 * @param {HTMLElement} root
 * @param {...Node} children
 */
export function redraw(root, ...children) {
  const holder = focused(root);
  const held = holder instanceof HTMLElement ? holder.dataset.part : undefined;
  root.replaceChildren(...children);
  const again = held === undefined ? null : root.querySelector(`[data-part="${held}"]`);
  if (again instanceof HTMLElement) again.focus();
}
