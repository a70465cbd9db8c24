/** FreeSWITCH's switch_url_encode: these and all that is not printable ASCII, byte by byte. */
const URL_UNSAFE = new Set([...'\r\n #%&+:;<=>?@[\\]^`{|}"'].map((char) => char.charCodeAt(0)));

export function urlEncode(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  let encoded = '';
  bytes.forEach((byte, at) => {
    // What looks encoded already is left alone.
    const kept = byte === 0x25 && /^%[0-9A-F]{2}/.test(bytes.toString('latin1', at, at + 3));
    const unsafe = byte < 0x20 || byte > 0x7e || URL_UNSAFE.has(byte);
    encoded +=
      unsafe && !kept ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte);
  });
  return encoded;
}

const AMP: Record<string, string> = { '"': '&quot;', "'": '&apos;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** FreeSWITCH's switch_amp_encode. */
export function ampEncode(text: string): string {
  return text.replace(/["'&<>]/g, (char) => AMP[char] ?? char);
}
