// Reads {sign1, sign} from stdin and writes what npm `cose-kit` makes of each message: its payload, or the error.
// It knows no CWT, so a told `cwt` is left out of the answer.
import { createPublicKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { coseVerify, coseVerifyMultiSignature, COSEKeyToJWK, importCOSEKey } from 'cose-kit'

const unhex = (digits) => new Uint8Array(Buffer.from(digits, 'hex'))
const hex = (bytes) => Buffer.from(bytes).toString('hex')

// It reads no COSE_Key of RSA, which it verifies all the same, so there the key is the JWK.
const keyFor = (keys) => (message) => {
  const found = keys.find(({ cose_key }) => hex(COSEKeyToJWK(unhex(cose_key)).kid) === hex(message.kid))
  if (!found) throw new Error('the kid is that of another key')
  const { cose_key, jwk } = found
  return jwk.kty === 'RSA' ? createPublicKey({ key: jwk, format: 'jwk' }) : importCOSEKey(unhex(cose_key))
}

const payloadOf = ({ isValid, decoded }) => {
  if (!isValid) throw new Error('the signature is wrong')
  return hex(decoded.payload)
}

const kinds = {
  async sign1(told) {
    if (told.payload !== null) throw new Error('unsupported: a detached payload')
    return payloadOf(await coseVerify(unhex(told.message), keyFor([told]), unhex(told.external_aad)))
  },
  async sign(told) {
    if (told.payload !== null) throw new Error('unsupported: a detached payload')
    if (told.external_aad !== '') throw new Error('unsupported: external_aad in COSE_Sign')
    return payloadOf(await coseVerifyMultiSignature(unhex(told.message), keyFor(told.keys)))
  },
}

const told = JSON.parse(await text(process.stdin))
const verdicts = {}
for (const [kind, verify] of Object.entries(kinds)) {
  verdicts[kind] = {}
  for (const [name, one] of Object.entries(told[kind] ?? {})) {
    verdicts[kind][name] = await verify(one).catch((error) => ({ error: `${error.name}: ${error.message}` }))
  }
}
process.stdout.write(JSON.stringify(verdicts))
