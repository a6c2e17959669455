export { ThinClient, type ClientOptions, type SocketConstructor } from './client.js'
export { ThinDocument, RefusedError, type Edit, type EditOptions, type Person, type State } from './document.js'
export { difference, splice, transform, type Splice, type Splices } from './splices.js'
