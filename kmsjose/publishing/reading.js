"use strict";
// Reads what a token is made of, as strictly as the library: base64url (RFC 7515), UTF-8 and JSON (RFC 8259, RFC 7493).

const MAX_DEPTH = 254;
const MAX_ITEMS = 1 << 17;
// Digits of a whole number, as Python has it; a number with a fraction or an exponent is finite.
const MAX_DIGITS = 4300;
const LONE_SURROGATE = /\p{Cs}/u;

// A refusal: the state that the token is in, and a sentence that says why.
class Refusal extends Error {
  constructor(state, reason) {
    super(reason);
    this.state = state;
  }
}

const invalid = (reason) => new Refusal("invalid", reason);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function decode(part, name) {
  const refuse = () => invalid(`The ${name} is not base64url without padding.`);
  if (!/^[A-Za-z0-9_-]*$/.test(part) || part.length % 4 === 1) throw refuse();
  const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  // atob lets unused bits be anything, and then one value would have several encodings.
  if (btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") !== part) throw refuse();
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function readText(bytes) {
  // A byte order mark is no JSON, so it must not be dropped on the way.
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

function readObject(bytes, name) {
  let value, text;
  try {
    text = readText(bytes);
    value = JSON.parse(text);
  } catch {
    throw invalid(`The ${name} is not JSON in UTF-8.`);
  }
  if (!isObject(value)) throw invalid(`The ${name} is not a JSON object.`);
  checkText(text, name);
  return [value, text];
}

function isOutOfRange(number) {
  return /[.eE]/.test(number) ? !Number.isFinite(Number(number)) : number.replace("-", "").length > MAX_DIGITS;
}

// What JSON.parse lets pass. Of two members of one name it takes the last; others take the first, or neither. The text
// is known to be JSON.
function checkText(text, name) {
  const open = [];
  let string, items = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|-?\d[\d.eE+-]*/g)) {
    // Every value but the first stands behind one of these.
    if ("{[,".includes(token) && ++items > MAX_ITEMS) throw invalid(`The ${name} has over ${MAX_ITEMS} values.`);
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > MAX_DEPTH) throw invalid(`The ${name} is nested too deep.`);
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      if (open.at(-1).has(string)) throw invalid(`A member stands twice in the ${name}.`);
      open.at(-1).add(string);
    } else if (token[0] === '"') {
      string = JSON.parse(token);
      if (LONE_SURROGATE.test(string)) throw invalid(`The ${name} has half a surrogate pair, which is no text.`);
    } else if (token !== "," && isOutOfRange(token)) {
      throw invalid(`A number in the ${name} is out of range.`);
    }
  }
}
