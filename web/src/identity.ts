/** Who I am: a name and a preferred colour, kept in this browser. */
import { personColors, type ColorIndex } from './colors'

export interface Identity {
  name: string
  color: ColorIndex
}

export const maxNameLength = 40

const nameKey = 'stet.name'
const colorKey = 'stet.color'

const adjectives = ['Bold', 'Bright', 'Fine', 'Gentle', 'Keen', 'Merry', 'Noble', 'Plain', 'Quiet', 'Swift']
const nouns = ['Ampersand', 'Caret', 'Comma', 'Dagger', 'Folio', 'Margin', 'Pica', 'Quill', 'Serif', 'Vellum']

/** The identity of earlier visits, or a new one with a made-up name that people can keep or change. */
export function loadIdentity(): Identity {
  const kept = Number(read(colorKey) ?? NaN)
  const identity = {
    name: cleanName(read(nameKey) ?? '') || `${pick(adjectives)} ${pick(nouns)}`,
    color: Number.isInteger(kept) && kept >= 0 && kept < personColors.length ? kept : random(personColors.length)
  }
  saveIdentity(identity)
  return identity
}

export function saveIdentity(identity: Identity): void {
  write(nameKey, identity.name)
  write(colorKey, String(identity.color))
}

/** A person's name on one line, without control characters and of bounded length; empty if nothing is left. */
export function cleanName(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
  return Array.from(line).slice(0, maxNameLength).join('')
}

/** One or two letters for an avatar. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '')
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined]
  return letters
    .map((word) => (word ? (Array.from(word)[0] ?? '') : ''))
    .join('')
    .toLocaleUpperCase()
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage is blocked: the identity lasts as long as the page.
  }
}

function pick(words: string[]): string {
  return words[random(words.length)] ?? ''
}

function random(below: number): number {
  return Math.floor(Math.random() * below)
}
