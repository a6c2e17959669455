/** Ada and Ben, in browsers of their own, with a server of its own for each test. To import this is to set it up. */
import { after, before, beforeEach, afterEach } from 'node:test'
import { Person, launch } from './browser.mjs'
import { Server } from './server.mjs'

export let browser
export let server
export let ada
export let ben

before(async () => (browser = await launch()))
after(() => browser.close())
beforeEach(async () => {
  server = await Server.start()
  ada = await Person.enter(browser, server, { name: 'Ada', color: 1 })
  ben = await Person.enter(browser, server, { name: 'Ben', color: 2 })
})
afterEach(async () => {
  await ada.leave()
  await ben.leave()
  await server.stop()
})
