/** Who is here, as awareness tells it. */
import type { Awareness } from 'y-protocols/awareness'
import { colorOf, freeColor, personColors, type ColorIndex } from './colors'
import { cleanName, type Identity } from './identity'

export interface Person {
  clientId: number
  name: string
  color: ColorIndex
  isSelf: boolean
}

/** Everybody here, myself first, then in the order of their client ids. States of other programs may hold anything. */
export function peopleOf(awareness: Awareness): Person[] {
  const people: Person[] = []
  for (const [clientId, state] of awareness.getStates()) {
    const person = personOf(clientId, state, clientId === awareness.clientID)
    if (person !== null) people.push(person)
  }
  return people.sort((a, b) => Number(b.isSelf) - Number(a.isSelf) || a.clientId - b.clientId)
}

/** The person whom an awareness state describes; null if it describes none. */
export function personOf(clientId: number, state: unknown, isSelf = false): Person | null {
  const user: unknown = (state as { user?: unknown } | null)?.user
  if (typeof user !== 'object' || user === null) return null
  const { name, color } = user as { name?: unknown; color?: unknown }
  return {
    clientId,
    name: (typeof name === 'string' && cleanName(name)) || 'Someone',
    color: colorOf(color, clientId),
    isSelf
  }
}

/** Tells the others who I am, in the fields that Yjs editors share by custom. */
export function announce(awareness: Awareness, identity: Identity): void {
  const color = personColors[identity.color] ?? personColors[0]
  awareness.setLocalStateField('user', { name: identity.name, color, colorLight: color + '33' })
}

/**
 * Keeps two people from having one colour: whoever has the higher client id takes a free one. The choice lasts as long
 * as this document is open; the preferred colour stays.
 */
export function avoidSharedColor(awareness: Awareness, identity: Identity): void {
  const others = peopleOf(awareness).filter((person) => !person.isSelf)
  const clash = others.some((other) => other.color === identity.color && other.clientId < awareness.clientID)
  if (!clash) return
  identity.color = freeColor(identity.color, new Set(others.map((other) => other.color)))
  announce(awareness, identity)
}
