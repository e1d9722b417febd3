// Reads {jwks, credentials, tokens, issuer, audience} from stdin and writes what npm `jose` says of each token.
import { text } from 'node:stream/consumers'
import * as jose from 'jose'

const { jwks, credentials, tokens, issuer, audience } = JSON.parse(await text(process.stdin))
const keys = jose.createLocalJWKSet(jwks)
const verdicts = { credentials: {}, tokens: {} }
for (const [alg, token] of Object.entries(credentials)) {
  const { payload, protectedHeader } = await jose.compactVerify(token, keys, { algorithms: [alg] })
  verdicts.credentials[alg] = { typ: protectedHeader.typ, document: JSON.parse(new TextDecoder().decode(payload)) }
}
for (const [alg, token] of Object.entries(tokens)) {
  const { payload } = await jose.jwtVerify(token, keys, { algorithms: [alg], issuer, audience, requiredClaims: ['exp'] })
  verdicts.tokens[alg] = payload.sub
}
for (const [alg, token] of Object.entries(tokens)) {
  const at = token.length - 8
  const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  await jose.jwtVerify(changed, keys, { algorithms: [alg], issuer, audience }).then(
    () => { throw new Error(`${alg}: a changed token was accepted`) },
    (error) => { if (error.code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') throw error },
  )
}
process.stdout.write(JSON.stringify(verdicts))
