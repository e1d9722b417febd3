"use strict";
// Verifies a compact JWS (RFC 7515 section 5.2) by WebCrypto. It knows nothing of the page around it.
//
// `verify` resolves to {state, reason} and, as far as they could be read, header, headerText, claims, text, size, dates,
// key, and of a credential or presentation its kind and version. The texts are the JSON as it was sent. States:
//   valid     the signature is good, and the dates of the token do not speak against it
//   expired   the signature is good, but the token is over
//   early     the signature is good, but the token is not valid yet
//   invalid   the token is not to be trusted
//   unknown   this browser can't check the signature, so nothing is said of it

const MAX_TOKEN = 1 << 20;
// Characters of the header in base64url, as `jwt.verify` has it.
const MAX_HEADER = 1 << 16;

async function verify(token, published, now) {
  const read = {};
  try {
    const [protectedPart, payloadPart, signaturePart] = split(token);
    [read.header, read.headerText] = readObject(decode(protectedPart, "header"), "header");
    checkHeader(read.header, published);
    const row = published.algorithms[read.header.alg];
    readPayload(decode(payloadPart, "payload"), read);
    const key = findKey(read.header.kid, row, published);
    const signature = decode(signaturePart, "signature");
    if (signature.length !== key.signatureSize) {
      throw invalid(`The signature has ${signature.length} bytes, where ${row.row} by this key has ${key.signatureSize}.`);
    }
    await checkSignature(key, row, signature, new TextEncoder().encode(`${protectedPart}.${payloadPart}`));
    read.key = key;
    return { ...read, ...judgeDates(read.dates, now) };
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

// The key decides the algorithm: a kid alone finds none that is of another (RFC 8725 section 3.1).
function findKey(kid, row, { keys, algorithms }) {
  const fitting = keys.filter((key) => algorithms[key.jwk.alg].row === row.row);
  const isNamed = ({ jwk, method }) => kid === jwk.kid || kid === method;
  const found = kid === undefined ? fitting : fitting.filter(isNamed);
  if (found.length === 1) return found[0];
  if (found.length > 1) throw invalid(`The token names no key, and several keys here are for ${row.row}.`);
  if (kid === undefined) throw invalid(`No key here is for ${row.row}.`);
  if (keys.some(isNamed)) throw invalid(`The key that the token names is not for ${row.row}.`);
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

// Sets read.text of text, read.claims and read.dates too of a JWT, and nothing of other bytes.
function readPayload(bytes, read) {
  read.size = bytes.length;
  const isJwt = isJwtType(read.header.typ);
  let text, value;
  try {
    text = readText(bytes);
    value = JSON.parse(text);
  } catch {
    if (isJwt) throw invalid("The payload is not JSON in UTF-8, as that of a JWT is.");
    read.text = text;
    return;
  }
  if (!isObject(value)) {
    if (isJwt) throw invalid("The payload is not a JSON object, as that of a JWT is.");
    read.text = text;
    return;
  }
  checkText(text, "payload");
  read.text = text;
  read.claims = value;
  checkClaims(value);
  const document = readDocument(read.header, value);
  const dates = Object.entries(CLAIM_DATES).filter(([name]) => Object.hasOwn(value, name))
    .map(([name, bound]) => ({ name, bound, seconds: value[name] }));
  Object.assign(read, document, { dates: [...dates, ...document.dates] });
}

function judgeDates(dates, now) {
  const is = (bound, test) => dates?.find((date) => date.bound === bound && test(date.seconds));
  const over = is("ends", (seconds) => seconds <= now);
  if (over?.name === "exp") return { state: "expired", reason: "The signature is good, but the token has expired." };
  if (over) return { state: "expired", reason: `The signature is good, but the credential is over (${over.name}).` };
  if (is("begins", (seconds) => seconds > now)) {
    return { state: "early", reason: "The signature is good, but the token is for a later time." };
  }
  if (is("issued", (seconds) => seconds > now)) {
    return { state: "early", reason: "The signature is good, but the token says that it is of the future." };
  }
  return { state: "valid", reason: "The signature is good." };
}
