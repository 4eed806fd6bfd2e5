/** Text as HTML, for element contents and attributes in double quotes; control characters become U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd');
}

/** A value as JSON that may stand in a `script` element, whatever texts are in it. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026');
}
