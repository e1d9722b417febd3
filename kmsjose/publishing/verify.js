"use strict";
// Verifies a compact JWS (RFC 7515 section 5.2) by WebCrypto. It knows nothing of the page around it.
//
// `verify` resolves to {state, reason} and, as far as they could be read, header, headerText, claims, text, size, times
// and key. The texts are the JSON as it was sent. States:
//   valid     the signature is good, and the times of the token do not speak against it
//   expired   the signature is good, but the token is over
//   early     the signature is good, but the token is not valid yet
//   invalid   the token is not to be trusted
//   unknown   this browser can't check the signature, so nothing is said of it

const MAX_TOKEN = 1 << 20;
// Characters of the header in base64url, as `jwt.verify` has it.
const MAX_HEADER = 1 << 16;
const MAX_DEPTH = 254;
const TIMES = ["iat", "nbf", "exp"];

// A refusal: the state that the token is in, and a sentence that says why.
class Refusal extends Error {
  constructor(state, reason) {
    super(reason);
    this.state = state;
  }
}

const invalid = (reason) => new Refusal("invalid", reason);

async function verify(token, published, now) {
  const read = {};
  try {
    const [protectedPart, payloadPart, signaturePart] = split(token);
    [read.header, read.headerText] = readObject(decode(protectedPart, "header"), "header");
    const row = algorithmOf(read.header, published.algorithms);
    const payload = decode(payloadPart, "payload");
    readPayload(payload, read);
    const key = findKey(read.header.kid, row, published);
    const signature = decode(signaturePart, "signature");
    if (signature.length !== key.signatureSize) {
      throw invalid(`The signature has ${signature.length} bytes, where ${row.row} by this key has ${key.signatureSize}.`);
    }
    await checkSignature(key, row, signature, new TextEncoder().encode(`${protectedPart}.${payloadPart}`));
    read.key = key;
    return { ...read, ...judgeTimes(read.times, now) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...read, state: error.state, reason: error.message };
  }
}

function split(token) {
  if (token.length > MAX_TOKEN) throw invalid("The token is over 1 MiB.");
  const parts = token.split(".");
  if (parts.length !== 3) {
    throw invalid(`A compact JWS has three parts between two periods; this has ${parts.length}.`);
  }
  if (parts[0].length > MAX_HEADER) throw invalid("The header is over 64 KiB.");
  if (!parts[0] || !parts[2]) throw invalid("The header or the signature is missing.");
  return parts;
}

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
  checkMembers(text, name);
  return [value, text];
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// JSON.parse takes the last of two members of one name; others take the first, or neither. The text is known to be JSON.
function checkMembers(text, name) {
  const open = [];
  let string;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : null);
      if (open.length > MAX_DEPTH) throw invalid(`The ${name} is nested too deep.`);
    } else if (token === "}" || token === "]") {
      open.pop();
    } else if (token === ":") {
      const member = JSON.parse(string);
      if (open.at(-1).has(member)) throw invalid(`A member stands twice in the ${name}.`);
      open.at(-1).add(member);
    } else {
      string = token;
    }
  }
}

function algorithmOf(header, algorithms) {
  // An extension that is critical and not understood must be refused, and none is understood here.
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) {
    throw invalid("The header has a critical extension, which this page does not implement.");
  }
  if (typeof header.alg !== "string") throw invalid("The header names no alg.");
  if (header.alg.toLowerCase() === "none") throw invalid("The token is not signed (alg none).");
  if (!Object.hasOwn(algorithms, header.alg)) throw invalid("The header's alg is not one that is accepted here.");
  for (const name of ["kid", "typ"].filter((member) => Object.hasOwn(header, member))) {
    if (typeof header[name] !== "string") throw invalid(`The header's ${name} is not a string.`);
  }
  return algorithms[header.alg];
}

// The key decides the algorithm: a kid alone finds none that is of another (RFC 8725 section 3.1).
function findKey(kid, row, { keys, algorithms }) {
  const fitting = keys.filter((key) => algorithms[key.jwk.alg].row === row.row);
  const found = kid === undefined ? fitting : fitting.filter((key) => key.jwk.kid === kid);
  if (found.length === 1) return found[0];
  if (found.length > 1) throw invalid(`The token names no key, and several keys here are for ${row.row}.`);
  if (kid === undefined) throw invalid(`No key here is for ${row.row}.`);
  if (keys.some((key) => key.jwk.kid === kid)) throw invalid(`The key that the token names is not for ${row.row}.`);
  throw invalid("None of the keys here is the one that the token names.");
}

async function checkSignature(key, row, signature, signed) {
  if (!globalThis.crypto?.subtle) {
    throw new Refusal("unknown", "The browser has no cryptography for pages that were not loaded over HTTPS.");
  }
  const { kty, crv, x, y, n, e, alg, pub } = key.jwk;
  // What has one algorithm by its type goes without the name, on which browsers differ.
  const jwk = kty === "AKP" ? { kty, alg, pub } : { kty, crv, x, y, n, e };
  let good;
  try {
    const imported = await crypto.subtle.importKey("jwk", withoutUndefined(jwk), row, false, ["verify"]);
    good = await crypto.subtle.verify(row, imported, signature, signed);
  } catch {
    throw new Refusal("unknown", `This browser can't check signatures of ${row.row}.`);
  }
  if (good !== true) throw invalid("The signature does not fit: the token was changed, or another key signed it.");
}

const withoutUndefined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

// Sets read.text of text, read.claims and read.times too of a JWT, and nothing of other bytes.
function readPayload(bytes, read) {
  read.size = bytes.length;
  let text, value;
  try {
    text = readText(bytes);
  } catch {
    return;
  }
  try {
    value = JSON.parse(text);
  } catch {
    read.text = text;
    return;
  }
  if (!isObject(value)) {
    read.text = text;
    return;
  }
  checkMembers(text, "payload");
  read.text = text;
  read.claims = value;
  read.times = {};
  for (const name of TIMES.filter((claim) => Object.hasOwn(value, claim))) {
    if (!Number.isFinite(value[name])) throw invalid(`The claim ${name} is not a number of seconds.`);
    read.times[name] = value[name];
  }
}

function judgeTimes(times, now) {
  const { exp, nbf, iat } = times ?? {};
  if (exp <= now) return { state: "expired", reason: "The signature is good, but the token has expired." };
  if (nbf > now) return { state: "early", reason: "The signature is good, but the token is for a later time." };
  if (iat > now) return { state: "early", reason: "The signature is good, but the token says that it is of the future." };
  return { state: "valid", reason: "The signature is good." };
}
