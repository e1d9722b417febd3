"use strict";
// The rules of a JOSE header (RFC 7515 section 4) and of the registered claims (RFC 7519 section 4.1).

const HEADER_TEXTS = ["kid", "typ", "cty", "x5t", "x5t#S256"];
const HEADER_URIS = ["jku", "x5u"];
// A scheme and what follows it (RFC 3986 section 3); the white space that has no place in it is what Python takes for it.
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const CLAIM_TEXTS = ["iss", "sub", "jti"];
const CLAIM_DATES = { iat: "issued", nbf: "begins", exp: "ends" };
// Seconds that fit into 64 bits.
const FAR = 2 ** 63;

function checkHeader(header, { algorithms, privateMembers }) {
  const has = (name) => Object.hasOwn(header, name);
  // An extension that is critical and not understood must be refused, and none is understood here.
  if (has("crit") || has("b64")) throw invalid("The header has a critical extension, which this page does not implement.");
  if (typeof header.alg !== "string") throw invalid("The header names no alg.");
  if (header.alg.toLowerCase() === "none") throw invalid("The token is not signed (alg none).");
  if (!Object.hasOwn(algorithms, header.alg)) throw invalid("The header's alg is not one that is accepted here.");
  for (const name of HEADER_TEXTS.filter(has)) {
    if (typeof header[name] !== "string") throw invalid(`The header's ${name} is not a string.`);
  }
  for (const name of HEADER_URIS.filter(has)) {
    if (!isUri(header[name])) throw invalid(`The header's ${name} is no URI with its scheme.`);
  }
  if (has("jwk") && !isObject(header.jwk)) throw invalid("The header's jwk is not a JSON object.");
  if (has("jwk") && privateMembers.some((name) => Object.hasOwn(header.jwk, name))) {
    throw invalid("The header's jwk holds a private key.");
  }
  if (has("x5c") && !isChain(header.x5c)) throw invalid("The header's x5c is not a list of certificates in base64.");
}

const isUri = (value) => typeof value === "string" && URI.test(value);

function isChain(value) {
  const isCertificate = (entry) => typeof entry === "string" && entry.length % 4 === 0 && BASE64.test(entry);
  return Array.isArray(value) && value.length > 0 && value.every(isCertificate);
}

// RFC 7515 section 4.1.9: "application/" may be left out, and case means nothing.
function mediaType(value) {
  const lowered = value.toLowerCase();
  return lowered.includes("/") ? lowered : `application/${lowered}`;
}

// Whether a typ says that the payload is a claims set (RFC 7519 section 5.1, RFC 8725 section 3.11).
const isJwtType = (typ) => typ !== undefined && /(?:^application\/|\+)jwt$/.test(mediaType(typ));

function checkClaims(claims) {
  const has = (name) => Object.hasOwn(claims, name);
  for (const name of CLAIM_TEXTS.filter(has)) {
    if (typeof claims[name] !== "string") throw invalid(`The claim ${name} is not a string.`);
  }
  for (const name of Object.keys(CLAIM_DATES).filter(has)) {
    if (typeof claims[name] !== "number") throw invalid(`The claim ${name} is not a number of seconds.`);
    if (Math.abs(claims[name]) >= FAR) throw invalid(`The claim ${name} is no date: it is out of range.`);
  }
  if (!has("aud")) return;
  const names = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  if (!names.every((name) => typeof name === "string")) throw invalid("The claim aud is not a string or a list of strings.");
  if (!names.length) throw invalid("The claim aud names nobody.");
}
