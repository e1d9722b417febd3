// Reads {sign1, sign} from stdin and writes what npm `@auth0/cose` makes of each message: its payload, or the error.
// It knows no CWT, so a told `cwt` is left out of the answer.
import { createPublicKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { COSEKey, COSEKeyParam, Sign, Sign1 } from '@auth0/cose'

const unhex = (digits) => new Uint8Array(Buffer.from(digits, 'hex'))
const hex = (bytes) => Buffer.from(bytes).toString('hex')

// Its COSEKey knows no RSA, which it verifies all the same, so there the key is the JWK.
async function keyFor({ cose_key, jwk }, message) {
  const key = COSEKey.import(unhex(cose_key))
  if (hex(key.get(COSEKeyParam.KeyID)) !== hex(message.kid)) throw new Error('the kid is that of another key')
  return jwk.kty === 'RSA' ? createPublicKey({ key: jwk, format: 'jwk' }) : key.toKeyLike()
}

const kinds = {
  async sign1(told) {
    const message = Sign1.decode(unhex(told.message))
    const options = { externalAAD: unhex(told.external_aad) }
    if (told.payload !== null) options.detachedPayload = unhex(told.payload)
    await message.verify((signed) => keyFor(told, signed), options)
    return told.payload ?? hex(message.payload)
  },
  async sign(told) {
    if (told.payload !== null) throw new Error('unsupported: a detached payload in COSE_Sign')
    if (told.external_aad !== '') throw new Error('unsupported: external_aad in COSE_Sign')
    const message = Sign.decode(unhex(told.message))
    // It is content with one signature that it can verify, so each key is asked alone.
    for (const key of told.keys) await message.verify((signed) => keyFor(key, signed))
    return hex(message.payload)
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
