// Reads cases by kind from stdin and writes what npm `cose-kit` makes of each, or its error.
// It gives the payload of a COSE_Sign1 and a COSE_Sign and the kid of a COSE_Key that it reads, and the bytes of a
// message that it signs. It knows no CWT.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { coseMultiSign, coseSign, coseVerify, coseVerifyMultiSignature, COSEKeyToJWK, importCOSEKey } from 'cose-kit'

const unhex = (digits) => new Uint8Array(Buffer.from(digits, 'hex'))
const hex = (bytes) => Buffer.from(bytes).toString('hex')

// It reads no COSE_Key of RSA, which it verifies all the same, so there the key is the JWK.
const keyFor = (keys) => (message) => {
  const found = keys.find(({ cose_key }) => hex(COSEKeyToJWK(unhex(cose_key)).kid) === hex(message.kid))
  if (!found) throw new Error('the kid is that of another key')
  const { cose_key, jwk } = found
  return jwk.kty === 'RSA' ? createPublicKey({ key: jwk, format: 'jwk' }) : importCOSEKey(unhex(cose_key))
}

// A detached payload, and external_aad for COSE_Sign, go where its check of a MAC takes them.
async function payloadOf(verify, told, keys) {
  const detached = told.payload === null ? undefined : unhex(told.payload)
  const { isValid, decoded } = await verify(unhex(told.message), keyFor(keys), unhex(told.external_aad), detached)
  if (!isValid) throw new Error('the signature is wrong')
  return told.payload ?? hex(decoded.payload)
}

function refuseAAD({ external_aad }) {
  if (external_aad !== '') throw new Error('it has no option to sign external_aad')
}

const headerOf = ({ alg, kid }) => ({ alg, kid })

const kinds = {
  sign1: (told) => payloadOf(coseVerify, told, [told]),
  sign: (told) => payloadOf(coseVerifyMultiSignature, told, told.keys),
  async cose_key({ cose_key }) {
    await importCOSEKey(unhex(cose_key))
    return hex(COSEKeyToJWK(unhex(cose_key)).kid)
  },
  async make_sign1(told) {
    refuseAAD(told)
    return hex(await coseSign(headerOf(told), {}, unhex(told.payload), createPrivateKey(told.private)))
  },
  async make_sign(told) {
    refuseAAD(told)
    const signers = told.keys.map((key) => ({
      key: createPrivateKey(key.private),
      protectedHeaders: headerOf(key),
    }))
    return hex(await coseMultiSign({}, {}, unhex(told.payload), signers))
  },
}

const told = JSON.parse(await text(process.stdin))
const verdicts = {}
for (const [kind, call] of Object.entries(kinds).filter(([kind]) => kind in told)) {
  verdicts[kind] = {}
  for (const [name, one] of Object.entries(told[kind])) {
    verdicts[kind][name] = await call(one).catch((error) => ({ error: `${error.name}: ${error.message}` }))
  }
}
process.stdout.write(JSON.stringify(verdicts))
