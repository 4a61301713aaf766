// The sign-in pages: shows a password on request, and takes a device's token from the part of an address that no server sees.

for (const button of document.querySelectorAll("button.show")) {
  const field = document.getElementById(button.getAttribute("aria-controls") ?? "");
  if (button instanceof HTMLButtonElement && field instanceof HTMLInputElement) {
    const say = () => {
      const shown = field.type === "text";
      button.setAttribute("aria-pressed", String(shown));
      button.setAttribute("aria-label", (shown ? button.dataset.hide : button.dataset.show) ?? "");
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      field.type = field.type === "text" ? "password" : "text";
      say();
    });
    say();
  }
}

const token = document.getElementById("token");
if (token instanceof HTMLInputElement && window.location.hash.length > 1) {
  token.value = decodeURIComponent(window.location.hash.slice(1));
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  token.form?.submit();
}
