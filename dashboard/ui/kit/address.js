// The one word about the theme in the address. Streamlit reads it from `embed_options`.

/**
 * Returns `address` with `theme` ("light_theme" or "dark_theme") as its only theme; other options stay.
 * @param {string} address
 * @param {string} theme
 * @returns {URL}
 */
export function withTheme(address, theme) {
  const wanted = new URL(address);
  const others = wanted.searchParams.getAll("embed_options").filter((each) => !each.endsWith("_theme"));
  wanted.searchParams.delete("embed_options");
  for (const each of [...others, theme]) wanted.searchParams.append("embed_options", each);
  return wanted;
}

/**
 * Returns whether `address` names a theme.
 * @param {string} address
 */
export function namesTheme(address) {
  return new URL(address).searchParams.getAll("embed_options").some((each) => each.endsWith("_theme"));
}
