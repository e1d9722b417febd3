// Reads cases by kind from stdin and writes what npm `@auth0/cose` makes of each, or its error.
// It gives the payload of a COSE_Sign1 and a COSE_Sign and the kid of a COSE_Key that it reads, and the bytes of a
// message that it signs. It knows no CWT.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { COSEKey, COSEKeyParam, Headers, ProtectedHeaders, Sign, Sign1 } from '@auth0/cose'

const unhex = (digits) => new Uint8Array(Buffer.from(digits, 'hex'))
const hex = (bytes) => Buffer.from(bytes).toString('hex')

// Its COSEKey knows no RSA, which it verifies all the same, so there the key is the JWK.
async function keyFor({ cose_key, jwk }, message) {
  const key = COSEKey.import(unhex(cose_key))
  if (hex(key.get(COSEKeyParam.KeyID)) !== hex(message.kid)) throw new Error('the kid is that of another key')
  return jwk.kty === 'RSA' ? createPublicKey({ key: jwk, format: 'jwk' }) : key.toKeyLike()
}

function optionsOf(told) {
  const options = { externalAAD: unhex(told.external_aad) }
  if (told.payload !== null) options.detachedPayload = unhex(told.payload)
  return options
}

function refuseAAD({ external_aad }) {
  if (external_aad !== '') throw new Error('it has no option to sign external_aad')
}

const headerOf = ({ number, kid }) => [[Headers.Algorithm, number], [Headers.KeyID, Buffer.from(kid)]]

const kinds = {
  async sign1(told) {
    const message = Sign1.decode(unhex(told.message))
    await message.verify((signed) => keyFor(told, signed), optionsOf(told))
    return told.payload ?? hex(message.payload)
  },
  async sign(told) {
    const message = Sign.decode(unhex(told.message))
    // It is content with one signature that it can verify, so each key is asked alone.
    for (const key of told.keys) await message.verify((signed) => keyFor(key, signed), optionsOf(told))
    return told.payload ?? hex(message.payload)
  },
  async cose_key({ cose_key }) {
    const key = COSEKey.import(unhex(cose_key))
    await key.toKeyLike()
    return hex(key.get(COSEKeyParam.KeyID))
  },
  async make_sign1(told) {
    refuseAAD(told)
    const message = await Sign1.sign(headerOf(told), [], unhex(told.payload), createPrivateKey(told.private))
    return hex(message.encode())
  },
  async make_sign(told) {
    refuseAAD(told)
    const signers = told.keys.map((key) => ({
      key: createPrivateKey(key.private),
      protectedHeaders: new ProtectedHeaders(headerOf(key)),
    }))
    return hex((await Sign.sign([], [], unhex(told.payload), signers)).encode())
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
