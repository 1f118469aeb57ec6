/** How urgent a write is, most urgent first: endpoints leave a service, become not ready, enter it, or neither. */
export const RANKS = ['withdraw', 'not-ready', 'add', 'cosmetic'] as const;
export type Rank = (typeof RANKS)[number];
