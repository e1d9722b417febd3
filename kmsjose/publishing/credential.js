"use strict";
// A credential or presentation as JWT: its form and its dates, by VC-JOSE-COSE and the VC Data Models 2.0 and 1.1.

const typed = { type: true };
const identified = { type: true, id: true };
const MODELS = [
  {
    version: "2.0",
    context: "https://www.w3.org/ns/credentials/v2",
    dates: { validFrom: "begins", validUntil: "ends" },
    required: [],
    texts: ["name", "description"],
    credential: {
      credentialStatus: typed, credentialSchema: identified, refreshService: typed, termsOfUse: typed, evidence: typed,
      proof: typed, relatedResource: { id: true, oneOf: ["digestSRI", "digestMultibase"] },
    },
    presentation: { refreshService: typed, termsOfUse: typed, proof: typed },
  },
  {
    version: "1.1",
    context: "https://www.w3.org/2018/credentials/v1",
    dates: { issuanceDate: "begins", expirationDate: "ends" },
    required: ["issuanceDate"],
    texts: [],
    credential: {
      credentialStatus: identified, credentialSchema: identified, refreshService: identified, termsOfUse: typed,
      evidence: typed, proof: typed,
    },
    presentation: { refreshService: identified, termsOfUse: typed, proof: typed },
  },
];
const [MODEL_2_0, MODEL_1_1] = MODELS;
const TYPES = { credential: "VerifiableCredential", presentation: "VerifiablePresentation" };
const ENVELOPED = "EnvelopedVerifiableCredential";
const DID_URL = /^(did:[^/?#]*)[^#]*#.+$/s;
const DATE_FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))?$/;

const listOf = (value) => (Array.isArray(value) ? value : [value]);
const idOf = (party) => (isObject(party) ? party.id : party);

// The dates that bound a payload besides its claims, and what kind of document it is, if it is one. Refuses a document
// that breaks its data model.
function readDocument(header, claims) {
  const type = header.typ === undefined ? "application/jwt" : mediaType(header.typ);
  const form = { "application/vc+jwt": "credential", "application/vp+jwt": "presentation" }[type];
  if (form) {
    checkPlain(claims, checkDocument(claims, form, MODEL_2_0));
    return documentOf(header, claims, form, MODEL_2_0);
  }
  if (type === "application/jwt" && ("vc" in claims || "vp" in claims)) {
    const kind = "vp" in claims ? "presentation" : "credential";
    const document = unfolded(claims, kind);
    checkDocument(document, kind, MODEL_1_1);
    return documentOf(header, document, kind, MODEL_1_1);
  }
  // Who sends a document as a plain JWT means its dates all the same.
  const document = isObject(claims.vc) ? claims.vc : "@context" in claims ? claims : {};
  return { dates: MODELS.flatMap((model) => datesOf(document, model)) };
}

function documentOf(header, document, kind, model) {
  const party = partyOf(document, kind);
  if (Object.hasOwn(header, "iss") && header.iss !== party) throw invalid("The header's iss is not the issuer.");
  checkKid(header.kid, party, model);
  return { kind, version: model.version, dates: kind === "credential" ? datesOf(document, model) : [] };
}

// A DID URL is of its DID, whatever its path and query (DID Core section 3.2).
function checkKid(kid, party, model) {
  const did = DID_URL.exec(kid ?? "")?.[1];
  if (did === undefined && kid?.startsWith("did:")) throw invalid("The kid is a DID that names none of its keys.");
  if (did !== undefined && party !== undefined && did !== party) throw invalid("The kid is of another DID.");
  if (model === MODEL_2_0 && did === undefined && party?.startsWith("did:")) {
    throw invalid("With a DID as issuer or holder, the kid is a DID URL of it.");
  }
}

function checkPlain(claims, party) {
  if ("vc" in claims || "vp" in claims) throw invalid("A 2.0 document has no claim vc or vp.");
  if ("iss" in claims && claims.iss !== party) throw invalid("The claim iss is not the issuer or holder.");
}

// VC Data Model 1.1 section 6.3.1: the claims repeat what the document says, or say it alone.
function unfolded(claims, kind) {
  const name = kind === "credential" ? "vc" : "vp";
  if ("vc" in claims && "vp" in claims) throw invalid("The token is both a credential and a presentation.");
  if (!isObject(claims[name])) throw invalid(`The claim ${name} is not a JSON object.`);
  const document = { ...claims[name] };
  const party = kind === "credential" ? "issuer" : "holder";
  if (kind === "credential" && !("iss" in claims)) throw invalid("The token has no iss.");
  if ("iss" in claims) document[party] = foldedParty(document[party], party in document, claims.iss);
  fold(document, "id", claims, "jti");
  if (kind === "presentation") return document;
  const subjects = listOf(document.credentialSubject);
  if (subjects.length !== 1 || !isObject(subjects[0])) throw invalid("A 1.1 credential as JWT has one subject.");
  document.credentialSubject = { ...subjects[0] };
  fold(document.credentialSubject, "id", claims, "sub");
  foldDate(document, "issuanceDate", claims.nbf);
  foldDate(document, "expirationDate", claims.exp);
  return document;
}

function foldedParty(party, present, iss) {
  if (isObject(party)) {
    const folded = { ...party };
    fold(folded, "id", { iss }, "iss");
    return folded;
  }
  if (present && party !== iss) throw invalid("The claim iss and the document disagree.");
  return iss;
}

function fold(document, member, claims, claim) {
  if (!(claim in claims)) return;
  if (!Object.hasOwn(document, member)) document[member] = claims[claim];
  if (document[member] !== claims[claim]) throw invalid(`The claim ${claim} and the document's ${member} disagree.`);
}

function foldDate(document, member, seconds) {
  if (seconds === undefined) return;
  if (!Object.hasOwn(document, member)) {
    const date = new Date(Math.trunc(seconds) * 1000);
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) throw invalid(`The claim of ${member} is no date.`);
    document[member] = date.toISOString();
  } else if (Math.trunc(secondsOf(document[member], member)) !== Math.trunc(seconds)) {
    throw invalid(`The claim and the document's ${member} disagree.`);
  }
}

// Refuses what is not a document of its kind and model; the URL of its issuer or holder, if it names one.
function checkDocument(document, kind, model) {
  checkContexts(document, model);
  checkTypes(document, kind, TYPES[kind]);
  if ("id" in document && !isUri(document.id)) throw invalid(`The id of the ${kind} is not a URL.`);
  const party = partyOf(document, kind);
  for (const [name, rule] of Object.entries(model[kind])) checkObjects(document, name, rule);
  if (kind === "credential") checkCredential(document, model);
  else if ("verifiableCredential" in document) checkPresented(listOf(document.verifiableCredential), model);
  return party;
}

function partyOf(document, kind) {
  if (kind === "presentation" && !("holder" in document)) return undefined;
  const party = idOf(kind === "credential" ? document.issuer : document.holder);
  if (!isUri(party)) throw invalid(`The ${kind === "credential" ? "issuer" : "holder"} is not a URL.`);
  return party;
}

function checkCredential(document, model) {
  checkObjects({ credentialSubject: document.credentialSubject }, "credentialSubject", {});
  const described = isObject(document.issuer) ? [document, document.issuer] : [document];
  for (const name of model.texts) described.forEach((part) => checkTextFor(part, name));
  for (const name of model.required) if (!(name in document)) throw invalid(`The credential has no ${name}.`);
  const { begins, ends } = Object.fromEntries(datesOf(document, model).map(({ bound, seconds }) => [bound, seconds]));
  if (ends < begins) throw invalid("The credential ends before it begins.");
}

function checkPresented(entries, model) {
  if (model === MODEL_1_1) {
    const isEntry = (entry) => (isObject(entry) ? Object.keys(entry).length > 0 : typeof entry === "string" && entry);
    if (!entries.every(isEntry)) throw invalid("The presentation holds what is no credential.");
    return;
  }
  for (const entry of entries) {
    if (!isObject(entry)) throw invalid("The presentation holds what is no credential.");
    if (listOf(entry.type).includes(ENVELOPED)) checkEnvelope(entry);
    else checkDocument(entry, "credential", modelOf(entry));
  }
}

function checkEnvelope(entry) {
  const good = listOf(entry.type).length === 1 && areContexts(listOf(entry["@context"])) && isUri(entry.id);
  if (!good || !entry.id.startsWith("data:")) throw invalid("The presentation holds a broken enveloped credential.");
}

function modelOf(document) {
  const [first] = listOf(document["@context"]);
  const found = MODELS.find(({ context }) => context === first);
  if (!found) throw invalid("The first @context is that of neither data model 2.0 nor 1.1.");
  return found;
}

const areContexts = (contexts) => contexts.every((context) => isObject(context) || isUri(context));

function checkContexts(document, model) {
  if (modelOf(document) !== model) throw invalid(`The first @context is not that of data model ${model.version}.`);
  if (!areContexts(listOf(document["@context"]))) throw invalid("An entry of @context is not a URL or an object.");
}

function checkTypes(document, name, expected) {
  const kinds = listOf(document.type);
  const isKind = (kind) => typeof kind === "string" && kind && !/^@[A-Za-z]+$/.test(kind);
  if (!kinds.length || !kinds.every(isKind)) throw invalid(`The type of the ${name} is not a term or URL.`);
  if (expected && !kinds.includes(expected)) throw invalid(`The type does not name ${expected}.`);
}

function checkObjects(document, name, { type, id, oneOf }) {
  if (!(name in document)) return;
  const entries = listOf(document[name]);
  if (!entries.length || !entries.every((entry) => isObject(entry) && Object.keys(entry).length)) {
    throw invalid(`${name} is not an object with members, or a list of them.`);
  }
  for (const entry of entries) {
    // Of a subject the type is its own affair.
    if (type || ("type" in entry && name !== "credentialSubject")) checkTypes(entry, name);
    if ((id || "id" in entry) && !isUri(entry.id)) throw invalid(`The id of ${name} is not a URL.`);
    if (oneOf && !oneOf.some((member) => member in entry)) throw invalid(`${name} has no digest.`);
  }
}

// VC Data Model 2.0 section 11.1.
function checkTextFor(document, name) {
  if (!(name in document)) return;
  const isValue = (value) => isObject(value) && typeof value["@value"] === "string"
    && Object.keys(value).every((member) => ["@value", "@language", "@direction"].includes(member))
    && typeof (value["@language"] ?? (Object.hasOwn(value, "@language") ? null : "")) === "string"
    && ["ltr", "rtl", null].includes(value["@direction"] ?? null);
  const texts = listOf(document[name]);
  if (!texts.length || !texts.every((text) => typeof text === "string" || isValue(text))) {
    throw invalid(`${name} is not a string or a language value object.`);
  }
}

function datesOf(document, { dates }) {
  return Object.entries(dates).filter(([name]) => name in document)
    .map(([name, bound]) => ({ name, bound, seconds: secondsOf(document[name], name) }));
}

// XML Schema's dateTime; without a zone it is UTC (VC Data Model 2.0 section 5.8), and hour 24 is the next day.
function secondsOf(value, name) {
  const found = typeof value === "string" ? DATE_FORM.exec(value) : null;
  if (!found) throw invalid(`${name} is not a date and time.`);
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [fraction = "", sign, ...offset] = found.slice(7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const onCalendar = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const endsDay = hour === 24 && !minute && !second && /^0*$/.test(fraction);
  const last = year === 9999 && month === 12 && day === 31;
  if (!onCalendar || (hour > 23 && !endsDay) || (endsDay && last) || minute > 59 || second > 59) {
    throw invalid(`${name} is a date that no calendar has.`);
  }
  const zone = sign ? (sign === "-" ? -60 : 60) * (Number(offset[0]) * 60 + Number(offset[1])) : 0;
  return date / 1000 + hour * 3600 + minute * 60 + second + Number(`0.${fraction.slice(0, 6)}0`) - zone;
}
