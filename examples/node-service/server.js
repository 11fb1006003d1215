import { serve } from '@hono/node-server'
import { Hono } from 'hono'

const app = new Hono()
app.get('/healthz', (c) => c.text('.'))
app.get('/', (c) => c.json({ hello: 'from a Strake image' }))

const { HOST: hostname = '0.0.0.0', PORT = '3000' } = process.env
const server = serve({ fetch: app.fetch, hostname, port: Number(PORT) })

// The first process of a container gets no default handlers.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => server.close(() => process.exit(0)))
}
