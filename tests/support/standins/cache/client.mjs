// npm's @actions/cache, which is all that actions/cache is, against act's own cache server.
import fs from 'node:fs'

const { restoreCache, saveCache } = await import(`file://${process.env.STANDIN_CACHE}/node_modules/@actions/cache/lib/cache.js`)
const input = name => process.env[`INPUT_${name.toUpperCase()}`] ?? ''
const paths = input('path').split('\n').filter(Boolean)
const key = input('key')
const output = (name, value) => fs.appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`)

if (process.argv[2] === 'save') {
  await saveCache(paths, key)
} else {
  const found = await restoreCache(paths, key, [], { lookupOnly: input('lookup-only') === 'true' })
  if (!found && input('fail-on-cache-miss') === 'true') throw new Error(`Failed to restore cache entry. Input key: ${key}`)
  output('cache-hit', found === undefined ? '' : String(found === key))
  output('cache-matched-key', found ?? '')
}
