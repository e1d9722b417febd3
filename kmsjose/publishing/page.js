"use strict";
// Shows the published keys, and what `verify` says of the token. Text enters the page by textContent alone.

const published = JSON.parse(document.getElementById("published").textContent);
const part = (id) => document.getElementById(id);

const VERDICTS = {
  valid: "Valid",
  expired: "Expired: not valid now",
  early: "Not valid yet",
  invalid: "Not valid",
  unknown: "Cannot say",
};

// Characters that can't be seen, or that turn the direction of what stands around them, are spelled out.
const HIDDEN = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;
const hex = (number, width = 0) => number.toString(16).padStart(width, "0");
const visible = (text) => text.replace(HIDDEN, (character) => `\\u{${hex(character.codePointAt(0))}}`);
// The same in JSON, by escapes of its own, so that what is copied from the page is the value itself.
const escaped = (text) =>
  text.replace(HIDDEN, (character) => character.replace(/[^]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`));

// Characters that are shown of a text at most, and of what names something; what is longer says that it was cut.
const SHOWN = 1 << 16;
const NAMED = 1 << 10;
const LISTED = 1000;
const cut = (text, limit) => (text.length > limit ? `${text.slice(0, limit)}… (cut)` : text);
const named = (text) => visible(cut(text, NAMED)).replaceAll("\n", "\\u{a}");

// JSON text, indented, as far as it is shown. Numbers stay as they are written: as values of JavaScript, large ones
// would be shown as others.
function pretty(json) {
  let made = "", last = "", depth = 0;
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (made.length > SHOWN) break;
    const [opened, closes] = [/[{[]/.test(last), token === "}" || token === "]"];
    if (closes) depth--;
    if (opened !== closes || last === ",") made += `\n${"  ".repeat(depth)}`;
    made += token[0] === '"' ? escaped(JSON.stringify(JSON.parse(token))) : token === ":" ? ": " : token;
    last = token[0] === '"' ? "" : token;
    if (token === "{" || token === "[") depth++;
  }
  return cut(made, SHOWN);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Keys

// Milliseconds that the clipboard may take; a browser that asks its user first may never answer.
const COPY_TIME = 2000;
const within = (time, promise) =>
  Promise.race([promise, new Promise((_, refuse) => setTimeout(refuse, time, new Error("no answer")))]);

function showKey({ jwk, thumbprint, type }) {
  const item = part("key").content.cloneNode(true);
  const inside = (name) => item.querySelector(`[data-part="${name}"]`);
  const [shown, copied] = [inside("jwk"), inside("copied")];
  inside("kid").textContent = named(jwk.kid);
  inside("algorithm").textContent = jwk.alg;
  inside("type").textContent = type;
  inside("thumbprint").textContent = thumbprint;
  shown.textContent = pretty(JSON.stringify(jwk));
  const button = inside("copy");
  button.setAttribute("aria-label", `Copy the JWK of ${inside("kid").textContent}`);
  button.addEventListener("click", async () => {
    copied.hidden = false;
    copied.textContent = "";
    try {
      await within(COPY_TIME, navigator.clipboard.writeText(JSON.stringify(jwk, null, 2)));
      copied.textContent = "Copied.";
    } catch {
      shown.closest("details").open = true;
      getSelection().selectAllChildren(shown);
      copied.textContent = "The browser does not let a page copy here. The JWK is selected: copy it by hand.";
    }
  });
  part("keys").append(item);
}

function showFile([name, url]) {
  const link = element("a", named(name), "mono");
  link.href = url;
  const item = element("li");
  item.append(link);
  part("files").append(item);
  part("files-section").hidden = false;
}

// Tokens

function timeOf(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}

function distance(seconds, now) {
  if (seconds === now) return "now";
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]
    .find(([length]) => Math.abs(seconds - now) >= length) ?? [1, "second"];
  return new Intl.RelativeTimeFormat("en").format(Math.trunc((seconds - now) / size), unit);
}

const DATES = {
  iat: "Issued", nbf: "Valid from", exp: "Expires", validFrom: "Valid from", validUntil: "Valid until",
  issuanceDate: "Valid from", expirationDate: "Valid until",
};

function facts({ header, key, kind, version, dates, size }, now) {
  const rows = [];
  if (key) rows.push(["Signed by", key.jwk.kid], ["Algorithm", key.jwk.alg]);
  if (typeof header?.typ === "string") rows.push(["Type (typ)", header.typ]);
  if (kind) rows.push(["Document", `${kind}, data model ${version}`]);
  for (const { name, bound, seconds } of dates ?? []) {
    const label = bound === "ends" && seconds <= now ? (name === "exp" ? "Expired" : "Was valid until") : DATES[name];
    rows.push([`${label} (${name})`, `${timeOf(seconds)}, ${distance(seconds, now)}`]);
  }
  if (dates && !hasEnd(dates)) rows.push(["Expires (exp)", "never: the token does not say when"]);
  if (size !== undefined && !dates) rows.push(["Payload", `${size} bytes, which are no claims`]);
  rows.push(["Checked", timeOf(now)]);
  return rows;
}

const hasEnd = (dates) => dates.some(({ bound }) => bound === "ends");

function caveat({ state, kind, dates }) {
  if (state === "valid" && !dates) return "Checked: the signature alone. The payload is not that of a JWT.";
  if (state === "valid" && kind) {
    const inside = kind === "presentation" ? ", and the credentials in it" : ", and whether it was revoked";
    const endless = hasEnd(dates) ? "" : ` The ${kind} has no end: it never expires.`;
    return `Checked: the signature, the dates and the form. Not checked: who signed it, for whom it is (aud)${inside}.${endless}`;
  }
  if (state === "valid") {
    const endless = hasEnd(dates) ? "" : " The token has no exp: it never expires, and most verifiers refuse it.";
    return `Checked: the signature and the times. Not checked: who issued the token (iss), for whom it is (aud), and what kind it is (typ).${endless}`;
  }
  if (state === "expired" || state === "early") return "";
  return "Nothing below is verified: anyone can have written it.";
}

function show(verdict, now) {
  const { state, reason, header, headerText, claims, text } = verdict;
  part("verdict").dataset.state = state;
  part("verdict").replaceChildren(element("strong", VERDICTS[state]), element("span", visible(reason)));
  part("contents").hidden = header === undefined;
  part("caveat").textContent = caveat(verdict);
  part("caveat").hidden = !caveat(verdict);
  part("facts").replaceChildren(...facts(verdict, Math.floor(now)).map(([name, value]) => {
    const row = element("div");
    row.append(element("dt", name), element("dd", visible(cut(value, NAMED))));
    return row;
  }));
  part("header").textContent = header === undefined ? "" : pretty(headerText);
  part("payload-title").textContent = claims ? "Claims" : "Payload";
  part("payload").textContent = claims ? pretty(text) : cut(visible(cut(text ?? "", SHOWN)), SHOWN);
}

function clear() {
  delete part("verdict").dataset.state;
  part("verdict").replaceChildren();
  part("contents").hidden = true;
}

let latest = 0;

async function onToken() {
  const mine = ++latest;
  const token = part("token").value.trim();
  // What was said of another token must not stand beside this one, not even while it is verified.
  clear();
  if (!token) return;
  const now = Date.now() / 1000;
  let verdict;
  try {
    verdict = await verify(token, published, now);
  } catch {
    verdict = { state: "unknown", reason: "Verifying failed in this browser." };
  }
  if (mine === latest) show(verdict, now);
}

if (published.issuer) {
  part("issuer").textContent = named(published.issuer);
  part("issuer").hidden = false;
  document.title = `Public keys of ${named(published.issuer)}`;
}
published.keys.slice(0, LISTED).forEach(showKey);
if (published.keys.length > LISTED) {
  const rest = published.keys.length - LISTED;
  part("keys").after(element("p", `${rest} more keys are not listed here. They verify tokens all the same.`, "note"));
}
Object.entries(published.files).forEach(showFile);
part("token").addEventListener("input", onToken);
// A browser may fill in again what stood there before.
onToken();
