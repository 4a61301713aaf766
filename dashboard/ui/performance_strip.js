// The heat strip: unit × dimension, every cell a button that opens what stands behind it. Texts are set as text, never as HTML.

const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".strip");
  data.fills.forEach((fill, level) => root.style.setProperty(`--level${level}`, fill));
  root.style.setProperty("--muted", data.muted);
  const held = root.getRootNode().activeElement?.dataset?.cell;
  const table = make("table", "");
  table.setAttribute("aria-label", data.alt);
  const head = make("tr", "");
  head.append(make("td", ""));
  for (const column of data.columns) {
    const cell = make("th", "", column.label);
    cell.scope = "col";
    cell.title = column.label;
    head.append(cell);
  }
  const thead = make("thead", "");
  thead.append(head);
  const body = make("tbody", "");
  data.rows.forEach((line, row) => {
    const shown = make("tr", "");
    const name = make("th", "", line.name);
    name.scope = "row";
    name.title = line.name;
    shown.append(name);
    line.cells.forEach((cell, column) => {
      const box = make("td", "");
      const button = make("button", cell.level === null ? "empty" : `level${cell.level}`);
      button.type = "button";
      button.title = cell.title;
      button.setAttribute("aria-label", `${line.name} ${cell.title}`);
      button.setAttribute("aria-pressed", String(cell.on));
      button.dataset.cell = `${row}-${column}`;
      button.append(make("span", "", cell.text), make("small", "", cell.sign));
      button.onclick = () => setTriggerValue("cell", { unit: line.id, dimension: data.columns[column].id });
      box.append(button);
      shown.append(box);
    });
    body.append(shown);
  });
  table.append(thead, body);
  root.replaceChildren(table);
  if (held) root.querySelector(`[data-cell="${held}"]`)?.focus();
}
