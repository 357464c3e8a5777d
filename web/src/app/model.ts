/** The hub's nouns as the pages see them. */
export type * from '../api/types';
